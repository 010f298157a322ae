package dev.tidemark.inbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.inbox.FirstEvent;
import dev.tidemark.inbox.GapPolicy;
import dev.tidemark.inbox.Inbox;
import dev.tidemark.inbox.InboxListener;
import dev.tidemark.inbox.WaitingReader;
import dev.tidemark.inbox.WaitingSubscription;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine;

@Timeout(300)
@SuppressWarnings("try") // a reader reads while it is open
final class InboxCommandTest {

    private static final PostgresServer SERVER = PostgresServer.start();

    private final Set<String> failing = ConcurrentHashMap.newKeySet();
    private final List<String> handled = new CopyOnWriteArrayList<>();
    private final Inbox inbox = Inbox.builder("shipping")
            .gapPolicy(GapPolicy.WAIT)
            .firstEvent(FirstEvent.BEGINNING)
            .listener(InboxListener.silent())
            .build();
    private Database database;
    private PGSimpleDataSource dataSource;

    @TempDir
    private Path directory;

    private String out = "";
    private String err = "";

    @BeforeEach
    void open() throws SQLException {
        database = SERVER.createDatabase();
        database.runResource("dev/tidemark/sql/V003__inbox.sql");
        database.runResource("dev/tidemark/sql/V010__inbox_waiting.sql");
        dataSource = new PGSimpleDataSource();
        dataSource.setUrl(database.url());
        dataSource.setUser(database.user());
        dataSource.setPassword(database.password());
    }

    private static Envelope event(String id, long version) {
        return Envelope.builder()
                .id(UUID.nameUUIDFromBytes((id + "@" + version).getBytes(StandardCharsets.UTF_8)))
                .aggregate(new Aggregate("orders", "", "order", id))
                .aggregateVersion(version)
                .type("order-placed")
                .dataSchema(Envelope.defaultDataSchema("orders", "order-placed", 1))
                .time(Instant.parse("2026-11-20T10:15:30Z"))
                .data("application/json", "{\"n\": 1}".getBytes(StandardCharsets.UTF_8))
                .build();
    }

    private void deliver(Envelope event) throws SQLException {
        try (Connection tx = dataSource.getConnection()) {
            tx.setAutoCommit(false);
            inbox.handle(tx, event, this::handle);
            tx.commit();
        }
    }

    private void handle(Connection tx, Envelope event) {
        String label = event.aggregate().id() + "@" + event.aggregateVersion();
        if (failing.contains(label)) {
            throw new IllegalStateException("no stock for " + label + "\u001b[31m");
        }
        handled.add(label);
    }

    private WaitingReader reader() {
        return WaitingSubscription.builder()
                .inbox(inbox)
                .dataSource(dataSource)
                .on("order-placed", this::handle)
                .attempts(1)
                .build()
                .start();
    }

    /** Dead: 42@2, with 42@3 behind it, and 43@2; 44@3 waits for 44@2. */
    private void spoil() throws SQLException {
        failing.add("42@2");
        failing.add("43@2");
        for (String id : List.of("42", "43")) {
            deliver(event(id, 3));
            deliver(event(id, 2));
            deliver(event(id, 1));
        }
        deliver(event("44", 1));
        deliver(event("44", 3));
        try (WaitingReader reader = reader()) {
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> run("status") == 0 && out.equals("shipping: 3 waiting, 2 dead, of 3 aggregates"));
        }
        handled.clear();
    }

    private int run(String command, String... more) {
        List<String> args = new ArrayList<>(List.of(command));
        if (Stream.of(more).noneMatch("--url"::equals)) {
            args.addAll(List.of("--url", database.url(), "--user", database.user()));
        }
        args.addAll(List.of("--password-file", passwordFile().toString(), "--consumer", "shipping"));
        args.addAll(List.of(more));
        return execute(args);
    }

    private int execute(List<String> args) {
        return execute(args, new StringWriter());
    }

    private int execute(List<String> args, Writer printed) {
        StringWriter complained = new StringWriter();
        CommandLine line = InboxCommand.commandLine();
        line.setOut(new PrintWriter(printed));
        line.setErr(new PrintWriter(complained));
        int exit = line.execute(args.toArray(String[]::new));
        out = printed.toString().strip();
        err = complained.toString().strip();
        return exit;
    }

    private Path passwordFile() {
        try {
            return Files.writeString(directory.resolve("password"), database.password() + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whatIsKeptIsListedWithWhyInTheOrderOfItsTurns() throws SQLException {
        spoil();
        assertThat(run("list")).isZero();
        assertThat(out.lines())
                .satisfiesExactly(
                        title -> assertThat(title).startsWith("DELIVERY").endsWith("WHY"),
                        dead -> assertThat(dead)
                                .matches(".*dead +orders/order/42@2 +order-placed +1 .*no stock for 42@2\\\\u001b.*"),
                        behind -> assertThat(behind).matches(".*waiting +orders/order/42@3 .* behind another"),
                        other -> assertThat(other).contains("orders/order/43@2"),
                        behindIt -> assertThat(behindIt).contains("orders/order/43@3"),
                        missing -> assertThat(missing).matches(".*waiting +orders/order/44@3 .* version 2 is missing"));
        assertThat(run("list", "--dead", "--json", "--limit", "1")).isZero();
        assertThat(out)
                .startsWith("{\"events\":[{\"delivery\":\"" + event("42", 2).id() + "\",\"state\":\"dead\"")
                .contains("\"aggregateversion\":2", "\"missing\":null", "\"attempts\":1")
                .endsWith("\"more\":true}");
        assertThat(run("list", "--aggregate", "order/44", "--json")).isZero();
        assertThat(out).contains("\"missing\":2", "\"reason\":null").endsWith("\"more\":false}");
        assertThat(run("list", "--reason", "43@2")).isZero();
        assertThat(out.lines()).hasSize(2);
        assertThat(run("list", "--aggregate", "order/9")).isEqualTo(4);
        assertThat(out).isEqualTo("Nothing matches in the inbox of shipping.");
        assertThat(run("status", "--json")).isZero();
        assertThat(out).isEqualTo("{\"consumer\":\"shipping\",\"waiting\":3,\"dead\":2,\"aggregates\":3}");
        assertThat(run("show", event("42", 2).id().toString())).isZero();
        assertThat(out).isEqualTo(new String(CloudEventsJson.write(event("42", 2)), StandardCharsets.UTF_8));
        assertThat(run("show", "9")).isEqualTo(4);
    }

    @Test
    void whatIsRetriedIsHandledWithWhatWaitedBehindIt() throws SQLException {
        spoil();
        assertThat(run("retry", "--aggregate", "order/42", "--wait", "0"))
                .as("nobody is there")
                .isEqualTo(3);
        assertThat(out).contains("0 handled, 0 failed again, 1 not tried yet; no consumer came");
        try (WaitingReader reader = reader()) {
            assertThat(run("retry", "--aggregate", "order/42")).isEqualTo(1);
            assertThat(out).isEqualTo("0 handled, 1 failed again, 0 not tried yet.");
            failing.clear();
            assertThat(run("retry", "--id", event("42", 2).id().toString(), "--json"))
                    .isZero();
            assertThat(out).isEqualTo("{\"asked\":1,\"handled\":1,\"failed\":0,\"pending\":0}");
            Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> handled.equals(List.of("42@2", "42@3")));
            assertThat(run("retry", "--reason", "no stock")).isZero();
            Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> handled.size() == 4);
        }
        assertThat(run("retry", "--all")).isEqualTo(4);
        assertThat(out).isEqualTo("No dead event of shipping matches.");
    }

    @Test
    void whatIsSkippedIsPrintedWholeAndWhatWaitedBehindItGoesOn() throws SQLException {
        spoil();
        assertThat(run("skip", "--id", event("42", 2).id().toString(), "--json"))
                .isZero();
        assertThat(out).isEqualTo(new String(CloudEventsJson.write(event("42", 2)), StandardCharsets.UTF_8));
        assertThat(run("skip", "--all")).isZero();
        assertThat(out).startsWith("skipped order-placed ").endsWith("of orders/order/43@2");
        assertThat(run("skip", "--all")).isEqualTo(4);
        try (WaitingReader reader = reader()) {
            Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> handled.size() == 2);
        }
        assertThat(handled).containsExactlyInAnyOrder("42@3", "43@3");
        deliver(event("42", 2));
        assertThat(handled).as("it counts as handled").hasSize(2);
    }

    /** Such as a pipe that nobody reads any more. */
    @Test
    void whatCannotBePrintedIsNotSkipped() throws SQLException {
        spoil();
        List<String> skip = List.of(
                "skip",
                "--all",
                "--json",
                "--url",
                database.url(),
                "--user",
                database.user(),
                "--password-file",
                passwordFile().toString(),
                "--consumer",
                "shipping");
        assertThat(execute(skip, new ClosedAfterOneLine())).isEqualTo(1);
        assertThat(err).startsWith("Failed: ").contains("cannot be written");
        assertThat(out).isEqualTo(new String(CloudEventsJson.write(event("42", 2)), StandardCharsets.UTF_8));
        assertThat(run("list", "--dead")).isZero();
        assertThat(out).contains("43@2").doesNotContain("42@2");
    }

    /** Takes one line, and nothing after it. */
    private static final class ClosedAfterOneLine extends Writer {

        private final StringBuilder taken = new StringBuilder();

        @Override
        public void write(char[] text, int offset, int length) throws IOException {
            if (taken.indexOf("\n") >= 0) {
                throw new IOException("closed");
            }
            taken.append(text, offset, length);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}

        @Override
        public String toString() {
            return taken.toString();
        }
    }

    @Test
    void whatIsToBeDealtWithFirstIsSaid() throws SQLException {
        spoil();
        // as one of a newer schema version is: dead before its turn
        database.run("insert into inbox_dead (consumer, source, tenantid, aggregatetype, aggregateid, epoch, version,"
                + " delivery, type, wanted, event, attempts, reason) select consumer, source, tenantid, aggregatetype,"
                + " aggregateid, epoch, version, delivery, type, wanted, event, 1, 'no' from inbox_waiting"
                + " where aggregateid = '42'; delete from inbox_waiting where aggregateid = '42'");
        assertThat(run("skip", "--id", event("42", 3).id().toString())).isEqualTo(1);
        assertThat(out).isEmpty();
        assertThat(err)
                .startsWith("not skipped order-placed ")
                .contains("of orders/order/42@3: version 2, " + event("42", 2).id() + ", is dead before it")
                .endsWith(
                        "tidemark inbox retry (or skip) --id " + event("42", 2).id());
        assertThat(run("skip", "--aggregate", "order/42")).isZero();
        assertThat(out.lines()).hasSize(2);
    }

    @Test
    void aGapIsPassedForGood() throws SQLException {
        spoil();
        assertThat(run("pass-gaps", "--aggregate", "order/42"))
                .as("it is dead, not missing")
                .isEqualTo(4);
        assertThat(run("pass-gaps", "--all")).isZero();
        assertThat(out).isEqualTo("passed the gap of orders/order/44");
        try (WaitingReader reader = reader()) {
            Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> handled.equals(List.of("44@3")));
        }
        deliver(event("44", 2));
        assertThat(handled).as("too late").containsExactly("44@3");
        assertThat(run("pass-gaps", "--all", "--json")).isEqualTo(4);
        assertThat(out).isEqualTo("{\"aggregates\":[]}");
    }

    @Test
    void whatAnotherConsumerKeepsIsLeftAlone() throws SQLException {
        spoil();
        for (String table : List.of("inbox_watermark", "inbox_waiting", "inbox_dead")) {
            database.run("update " + table + " set consumer = 'billing'");
        }
        List<String> before = keptByBilling();
        spoil();
        assertThat(run("list")).isZero();
        assertThat(out.lines()).hasSize(6);
        assertThat(run("retry", "--all", "--wait", "0")).isEqualTo(3);
        assertThat(out).contains("2 not tried yet");
        assertThat(run("skip", "--all")).isZero();
        assertThat(run("pass-gaps", "--all")).isZero();
        assertThat(run("status")).isZero();
        assertThat(keptByBilling()).hasSize(8).isEqualTo(before);
    }

    private List<String> keptByBilling() throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("""
                        select row from (
                            select w::text from inbox_watermark w where consumer = 'billing'
                            union all select q::text from inbox_waiting q where consumer = 'billing'
                            union all select d::text from inbox_dead d where consumer = 'billing') all_of_it (row)
                        order by row""")) {
            List<String> kept = new ArrayList<>();
            while (rows.next()) {
                kept.add(rows.getString(1));
            }
            return kept;
        }
    }

    @Test
    void whatIsWrongIsSaid() throws SQLException {
        assertThat(run("retry")).isEqualTo(2);
        assertThat(err).startsWith("which events? Give --id UUID").endsWith("Try: tidemark inbox retry --help");
        assertThat(run("skip", "--all", "--aggregate", "order/42")).isEqualTo(2);
        assertThat(run("skip", "--id", "42")).isEqualTo(2);
        assertThat(err).contains("must be a UUID, such as ");
        assertThat(run("list", "--aggregate", "42")).isEqualTo(2);
        assertThat(err).contains("such as order/42, but was: 42");
        assertThat(run("list", "--limit", "0")).isEqualTo(2);
        assertThat(run("status", "--url", "mysql://db")).isEqualTo(2);
        assertThat(err).startsWith("--url must be such as jdbc:postgresql://db/shipping");
        assertThat(run("status", "--url", "jdbc:postgresql://localhost:1/none")).isEqualTo(1);
        assertThat(err).startsWith("Failed: ");
        assertThat(execute(List.of(
                        "status",
                        "--url",
                        database.url(),
                        "--password-env",
                        "TIDEMARK_NOT_SET",
                        "--consumer",
                        "shipping")))
                .isEqualTo(2);
        assertThat(err).startsWith("--password-env names TIDEMARK_NOT_SET, which is not set");
        assertThat(execute(List.of("--help"))).isZero();
        assertThat(out).contains("pass-gaps");
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet none = statement.executeQuery("select count(*) from inbox_dead")) {
            none.next();
            assertThat(none.getInt(1)).isZero();
        }
    }
}
