package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

class PostgresSinkTest extends BrokerSinkContract<PostgresServer> {

    private static final Duration LONG = Duration.ofSeconds(30);

    private final PostgresDestination destination = new PostgresDestination(PostgresServer.shared());
    private final PostgresSink sink = sink(destination.url(), destination.database(), LONG);
    private final Map<PostgresServer, PostgresDestination> own = new HashMap<>();

    @AfterEach
    void close() {
        sink.close();
        destination.close();
    }

    private static PostgresSink sink(String url, Database database, Duration timeout) {
        return new PostgresSink(settings(url, database, "public.incoming", timeout));
    }

    private static PostgresSink.Settings settings(String url, Database database, String table, Duration timeout) {
        return new PostgresSink.Settings(
                url, database.user(), database.password(), "there", table, "shipping", "arrivals", timeout, 4);
    }

    @Override
    Sink sink() {
        return sink;
    }

    @Override
    Destination destination() {
        return destination;
    }

    @Override
    PostgresServer ownBroker() {
        PostgresServer server = PostgresServer.builder().start();
        own.put(server, new PostgresDestination(server));
        return server;
    }

    @Override
    Sink sinkTo(PostgresServer broker, Duration timeout) {
        Database database = requireNonNull(own.get(broker)).database();
        return sink(database.url(), database, timeout);
    }

    @Override
    List<Envelope> storedIn(PostgresServer broker) {
        return requireNonNull(own.get(broker)).accepted();
    }

    @Test
    void anEventThatIsThereIsNotAddedAgainAndARedeliveryIs() throws InterruptedException {
        assertThat(sink.deliver(List.of(event("a", 1), event("a", 2)))).containsOnly(Delivery.delivered());
        assertThat(sink.deliver(List.of(event("a", 1), event("a", 2), event("a", 3))))
                .containsOnly(Delivery.delivered());
        Envelope again = event("a", 1).toBuilder().redelivery("replay:7").build();
        assertThat(sink.deliver(List.of(again, again))).containsOnly(Delivery.delivered());
        assertThat(destination.accepted()).extracting(Events::label).containsExactly("a@1", "a@2", "a@3", "a@1");
    }

    /** The row of before stays for a day after it was handled. */
    @Test
    void whatASourceThatCameBackOlderSendsAgainIsAddedAgain() throws InterruptedException {
        Envelope again = event("a", 1).toBuilder().sourceEpoch(1).build();
        Envelope replayed = again.toBuilder().redelivery("replay:7").build();
        assertThat(sink.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
        destination.run("update incoming set handledat = clock_timestamp()");
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThat(sink.deliver(List.of(event("a", 1), again, replayed))).containsOnly(Delivery.delivered());
        }
        assertThat(destination.ask("select redelivery from incoming where handledat is null order by position"))
                .containsExactly("epoch:1", "replay:7/epoch:1");
        assertThat(destination.accepted()).extracting(Envelope::sourceEpoch).containsExactly(0L, 1L, 1L);
        assertThat(destination.accepted()).extracting(Envelope::redelivery).containsExactly(null, null, "replay:7");
    }

    /** A conflict with another key than that of the event must not pass for having it. */
    @Test
    void aKeyOfTheUsersOwnDoesNotSwallowAnEvent() throws InterruptedException {
        destination.run("create unique index one_each on incoming (aggregateid)");
        List<Delivery> answer = sink.deliver(List.of(event("a", 1), event("a", 2), event("b", 1)));
        assertThat(answer.get(0)).isInstanceOf(Delivery.Delivered.class);
        assertThat(answer.get(1))
                .isEqualTo(Delivery.rejected("insert into public.incoming at there failed: (SQLSTATE 23505)"));
        assertThat(answer.get(2)).isInstanceOf(Delivery.Delivered.class);
    }

    @Test
    void whoListensIsToldOnceForABatch() throws Exception {
        try (Connection listener = destination.database().connect();
                Statement listen = listener.createStatement()) {
            listen.execute("listen arrivals");
            sink.deliver(List.of(event("a", 1), event("b", 1)));
            PGNotification[] told = listener.unwrap(PGConnection.class).getNotifications(60_000);
            assertThat(told)
                    .singleElement()
                    .satisfies(one -> assertThat(one.getParameter()).isEqualTo("shipping"));
        }
    }

    /** The text of an error may repeat the row, and the row is the payload. */
    @Test
    void noReasonRepeatsThePayload() throws InterruptedException {
        destination.refuseForGood("a@1");
        destination.refuseForNow("b@1");
        assertThat(sink.deliver(List.of(event("a", 1), event("b", 1))))
                .containsExactly(
                        Delivery.rejected("insert into public.incoming at there failed: (SQLSTATE 23514)"),
                        Delivery.retry("insert into public.incoming at there failed: (SQLSTATE 40001)"));
    }

    @Test
    void whatIsMissingThereHoldsUpAllAndIsNamed() throws InterruptedException {
        Database database = destination.database();
        try (PostgresSink astray = new PostgresSink(settings(database.url(), database, "public.nowhere", LONG))) {
            assertThat(astray.deliver(List.of(event("a", 1), event("b", 1))))
                    .containsExactly(
                            Delivery.retry("insert into public.nowhere at there failed: the table is not there; apply"
                                    + " V008__incoming.sql (SQLSTATE 42P01)"),
                            Delivery.notAttempted());
        }
        destination.run("alter table incoming drop constraint incoming_pkey");
        assertThat(sink.deliver(List.of(event("a", 1))))
                .containsExactly(Delivery.retry("insert into public.incoming at there failed: the table has no key"
                        + " (consumer, source, id, redelivery); apply V008__incoming.sql (SQLSTATE 42P10)"));
    }

    /** A trigger may fail as it likes. */
    @Test
    void whatOneEventFailsWithHoldsUpNoOther() throws InterruptedException {
        for (String state : List.of("PAY01", "21000", "2F005", "38000", "P9999")) {
            refuse(state);
            assertThat(sink.deliver(List.of(event("a" + state, 1), event("bad", 1), event("bad", 2), event("c", 1))))
                    .as(state)
                    .containsExactly(
                            Delivery.delivered(),
                            Delivery.retry("insert into public.incoming at there failed: (SQLSTATE " + state + ")"),
                            Delivery.notAttempted(),
                            Delivery.delivered());
        }
    }

    /** It looks as if nothing could be inserted at all; which is so where it is the first. */
    @Test
    void whatLooksLikeTheTablesFaultIsToldOfTheEventThatHasIt() throws InterruptedException {
        refuse("42883");
        assertThat(sink.deliver(List.of(event("a", 1), event("bad", 1), event("c", 1))))
                .containsExactly(
                        Delivery.delivered(),
                        Delivery.retry("insert into public.incoming at there failed: (SQLSTATE 42883)"),
                        Delivery.notAttempted());
    }

    private void refuse(String state) {
        destination.run(
                "create or replace function refuse_bad() returns trigger language plpgsql as"
                        + " $$begin if new.aggregateid = 'bad' then raise exception 'no' using errcode = '" + state
                        + "'; end if; return new; end$$;"
                        + " create or replace trigger refuse_bad before insert on incoming for each row execute function refuse_bad()");
    }

    @Test
    void aWrongPasswordIsTriedAgainLaterAndNotShown() throws InterruptedException {
        Database wrong = destination.database().as("postgres", "hunter2");
        try (PostgresSink refused = sink(wrong.url(), wrong, Duration.ofSeconds(2))) {
            assertThat(refused.deliver(List.of(event("a", 1), event("b", 1))))
                    .containsExactly(
                            Delivery.retry("PostgreSQL at there: the user or its password is not accepted"
                                    + " (SQLSTATE 28P01)"),
                            Delivery.notAttempted());
        }
    }

    /** Nobody has to give the relay's user more than roles.sql does. */
    @Test
    void theRelaysRoleMayWhatIsNeededAndNoMore() throws Exception {
        Database database = destination.database();
        for (String script : List.of(
                "V004__backlog",
                "V005__guard",
                "V006__start",
                "V007__backlog_elsewhere",
                "V009__redelivery",
                "V010__inbox_waiting",
                "V011__outbox_functions",
                "roles")) {
            database.runResource("dev/tidemark/sql/" + script + ".sql");
        }
        String role = "delivers_" + database.name();
        database.run("create role " + role + " login password 'a' in role tidemark_relay");
        Database least = database.as(role, "a");
        try (PostgresSink allowed = sink(least.url(), least, LONG)) {
            database.run("drop trigger refuse on incoming"); // which reads what this role may not
            assertThat(allowed.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
            assertThat(allowed.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
            assertThat(PostgresLook.at(settings(least.url(), least, "public.incoming", LONG), LONG))
                    .isEqualTo(new PostgresLook("", ""));
            database.run("revoke insert on incoming from tidemark_relay");
            assertThat(PostgresLook.at(settings(least.url(), least, "public.incoming", LONG), LONG)
                            .unfit())
                    .contains("docs/sinks.md has the grants");
        } finally {
            database.run("drop owned by " + role + "; drop role " + role);
        }
    }

    @Test
    void aTableThatIsLockedIsWaitedForNoLongerThanTheTimeout() throws Exception {
        Database database = destination.database();
        try (Connection other = database.connect();
                PostgresSink hurried = sink(database.url(), database, Duration.ofSeconds(1))) {
            await().until(() -> hurried.deliver(List.of(event("z", 1))).contains(Delivery.delivered())); // is connected
            other.setAutoCommit(false);
            try (Statement lock = other.createStatement()) {
                lock.execute("lock table incoming in access exclusive mode");
            }
            assertThat(hurried.deliver(List.of(event("a", 1), event("b", 1))))
                    .containsExactly(
                            Delivery.retry("insert into public.incoming at there failed: no answer in time"
                                    + " (SQLSTATE 57014)"),
                            Delivery.notAttempted());
            other.rollback();
            await().until(() -> hurried.deliver(List.of(event("a", 1))).contains(Delivery.delivered()));
        }
    }

    /** One session that listens, to whatever, can fill the queue that all databases of a server share. */
    @Test
    void aFullQueueOfNotificationsMakesNoEventDead() throws Exception {
        assumeTrue(PostgresServer.shared().majorVersion() >= 17, "before, the queue has 8 GB");
        try (PostgresServer server = PostgresServer.builder()
                        .setting("max_notify_queue_pages", "64")
                        .start();
                PostgresDestination there = new PostgresDestination(server);
                PostgresSink toFull = sink(there.database().url(), there.database(), LONG)) {
            try (Connection listener = there.database().connect();
                    Statement listen = listener.createStatement()) {
                listen.execute("listen elsewhere");
                listener.setAutoCommit(false);
                listen.execute("select 1"); // and its transaction stays open
                fillNotifications(there.database());
                assertThat(toFull.deliver(List.of(event("a", 1), event("b", 1))))
                        .containsExactly(
                                Delivery.retry("insert into public.incoming at there failed: the queue of NOTIFY is"
                                        + " full: a session that listens does not end its transaction (SQLSTATE"
                                        + " 54000)"),
                                Delivery.notAttempted());
            }
            await().until(() -> toFull.deliver(List.of(event("a", 1), event("b", 1))).stream()
                    .allMatch(Delivery.Delivered.class::isInstance));
            assertThat(there.accepted()).hasSize(2);
        }
    }

    private static void fillNotifications(Database database) {
        assertThatExceptionOfType(SQLException.class)
                .isThrownBy(() -> {
                    try (Connection connection = database.connect();
                            Statement statement = connection.createStatement()) {
                        for (int i = 0; i < 10_000; i++) {
                            statement.execute("select pg_notify('elsewhere', repeat('x', 7900))");
                        }
                    }
                })
                .satisfies(full -> assertThat(full.getSQLState()).isEqualTo("54000"));
    }

    /** All at once would be too slow each time. */
    @Test
    void aBatchThatIsTooSlowIsInsertedInParts() throws InterruptedException {
        Database database = destination.database();
        destination.run("create function dawdle() returns trigger language plpgsql as"
                + " $$ begin perform pg_sleep(0.3); return new; end $$;"
                + " create trigger dawdle before insert on incoming for each row execute function dawdle()");
        try (PostgresSink hurried = sink(database.url(), database, Duration.ofSeconds(1))) {
            List<Envelope> left = new ArrayList<>(interleaved(5, 2));
            await().until(() -> {
                List<Delivery> answer = hurried.deliver(left);
                // a lane wants to know why something was not attempted
                assertThat(answer).anyMatch(one -> one instanceof Delivery.Delivered || one instanceof Delivery.Retry);
                if (answer.contains(Delivery.notAttempted())) {
                    assertThat(answer).hasAtLeastOneElementOfType(Delivery.Retry.class);
                }
                for (int i = answer.size() - 1; i >= 0; i--) {
                    if (answer.get(i) instanceof Delivery.Delivered) {
                        left.remove(i);
                    }
                }
                return left.isEmpty();
            });
        }
        assertThat(destination.accepted())
                .extracting(Events::label)
                .containsExactlyElementsOf(
                        interleaved(5, 2).stream().map(Events::label).toList());
    }

    /** The old primary, as a standby, would answer over the connections that are open to it for ever. */
    @Test
    void aConnectionToAServerThatIsReadOnlyIsNotKept() throws InterruptedException {
        Database database = destination.database();
        String alter = "alter database \"" + database.name() + "\" ";
        destination.run(alter + "set default_transaction_read_only = on");
        assertThat(sink.deliver(List.of(event("a", 1), event("b", 1))))
                .containsExactly(
                        Delivery.retry("insert into public.incoming at there failed: the server is read-only"
                                + " (SQLSTATE 25006)"),
                        Delivery.notAttempted());
        destination.run("begin read write; " + alter + "reset default_transaction_read_only; commit");
        await().until(() -> sink.deliver(List.of(event("a", 1), event("b", 1))).stream()
                .allMatch(Delivery.Delivered.class::isInstance));
    }

    @Test
    void noSettingShowsASecret() {
        assertThat(settings("jdbc:postgresql://x/y?sslpassword=hunter2", destination.database(), "a.b", LONG)
                        .toString())
                .isEqualTo("PostgreSQL at there, table a.b, consumer shipping, timeout PT30S")
                .doesNotContain("hunter2");
    }
}
