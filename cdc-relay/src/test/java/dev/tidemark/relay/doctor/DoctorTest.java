package dev.tidemark.relay.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.relay.backlog.Place;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.doctor.Finding.Severity;
import dev.tidemark.relay.migrate.BacklogSetup;
import dev.tidemark.relay.migrate.Migration;
import dev.tidemark.relay.ops.Connector;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is well, and for each check something that is not; where the mend is SQL, it is run and must mend. */
class DoctorTest {

    private Patient patient;

    DoctorTest() throws Exception {
        patient = new Patient(PostgresServer.shared());
    }

    @BeforeEach
    void isWellAtFirst() {
        assertThat(problems(patient.examine())).isEmpty();
    }

    @AfterEach
    void close() throws Exception {
        patient.close();
    }

    @Test
    void whatIsSetUpAsDocumentedIsWell() {
        List<Finding> findings = patient.examine();

        assertThat(findings.stream()
                        .filter(finding -> finding.severity() != Severity.OK)
                        .map(Finding::check))
                .containsExactly("max_slot_wal_keep_size"); // unlimited, as PostgreSQL has it
        assertThat(findings.stream().map(Finding::check))
                .containsExactly(
                        "connection",
                        "server",
                        "wal_level",
                        "wal_sender_timeout",
                        "clock",
                        "max_replication_slots",
                        "max_wal_senders",
                        "outbox",
                        "publication",
                        "schema",
                        "rights",
                        "least privilege",
                        "slot",
                        "registration",
                        "max_slot_wal_keep_size",
                        "subscribers",
                        "sink shipping",
                        "memory");
        assertThat(findings.toString()).contains("at V011").doesNotContain(Patient.PASSWORD);
    }

    /** As the role that roles.sql makes: it is enough for what a leader does there. */
    @Test
    void aBacklogElsewhereIsLookedAtThere() throws Exception {
        Database kept = PostgresServer.shared().createDatabase();
        SourceConfig place = patient.owner().toBuilder().url(kept.url()).build();
        RelayConfig config = patient.withBacklog(kept);
        Migration.of(place.toBuilder().slot("unused").build()).run(step -> {});
        kept.run("delete from tidemark.relay; select pg_drop_replication_slot('unused')");
        assertThat(one("backlog database", Severity.PROBLEM, new Doctor(config).examine())
                        .message())
                .contains("lacks");
        kept.runResource("dev/tidemark/sql/roles.sql");
        assertThat(one("backlog database", Severity.PROBLEM, new Doctor(config).examine()))
                .satisfies(finding -> assertThat(finding.mend()).contains("tidemark migrate --backlog"));
        new BacklogSetup(patient.owner(), place, true, false).run(step -> {});
        assertThat(problems(new Doctor(config).examine())).isEmpty();
        Place asRelay = new Place(
                Connector.to(config.source())::connect,
                Connector.to(config.backlogDatabase())::connect,
                patient.slot(),
                "there");
        asRelay.lead(0);
        assertThat(asRelay.settled("0/10", 0)).isTrue();
        kept.run("update tidemark.relay set backlog = gen_random_uuid()");
        assertThat(one("backlog database", Severity.PROBLEM, new Doctor(config).examine())
                        .message())
                .contains("is not the one that has the backlog");
        PostgresServer.shared().dropDatabase(kept);
    }

    @Test
    void aRoleThatMayTooLittleIsGivenWhatItLacks() throws Exception {
        String role = patient.role("");
        Finding finding = one("rights", Severity.PROBLEM, patient.examineAs(role));

        assertThat(finding.message())
                .contains(
                        "REPLICATION",
                        "usage on schema tidemark",
                        "select on public.outbox",
                        "select, insert, update(state), update(events), update(answer), update(done_at) on tidemark.command",
                        "execute on tidemark.maintain_outbox");
        patient.sql(String.valueOf(finding.mend()));
        assertThat(problems(patient.examineAs(role))).isEmpty();
        Finding version = one("schema", Severity.WARNING, patient.examineAs(role));
        patient.sql(String.valueOf(version.mend()));
        one("schema", Severity.OK, patient.examineAs(role));
        patient.sql("alter role " + role + " connection limit 3");
        assertThat(one("rights", Severity.WARNING, patient.examineAs(role)).message())
                .contains("only 3 connections");
        patient.dropRole(role);
    }

    @Test
    void aRoleThatMayTooMuchIsTold() throws Exception {
        String role = patient.role("superuser replication bypassrls createdb createrole");
        assertThat(one("least privilege", Severity.WARNING, patient.examineAs(role)))
                .satisfies(
                        finding -> assertThat(finding.message()).contains("superuser, bypassrls, createrole, createdb"))
                .satisfies(finding -> assertThat(finding.mend())
                        .startsWith("alter role " + role + " nosuperuser nobypassrls nocreaterole nocreatedb"));
        patient.sql("alter role " + role + " nosuperuser nobypassrls nocreaterole nocreatedb");
        patient.sql("alter table outbox owner to " + role);
        assertThat(one("least privilege", Severity.WARNING, patient.examineAs(role))
                        .message())
                .contains("owns public.outbox");
        patient.sql("alter table outbox owner to current_user");
        patient.dropRole(role);
    }

    @Test
    void tablesThatAreNoneOfTheRelaysAreNamed() throws Exception {
        for (int i = 1; i <= 7; i++) {
            patient.sql(
                    "create table salaries_" + i + " (id int); grant select on salaries_" + i + " to tidemark_relay");
        }
        Finding finding = one("least privilege", Severity.WARNING, patient.examine());

        assertThat(finding.message())
                .contains("public.salaries_1, public.salaries_2", "and 2 more")
                .doesNotContain("outbox", "salaries_6");
        patient.sql(String.valueOf(finding.mend()));
        assertThat(one("least privilege", Severity.WARNING, patient.examine()).message())
                .contains("salaries_6, public.salaries_7");
    }

    @Test
    void aPublicationThatPublishesSomethingElseIsMended() throws Exception {
        patient.sql("create table other (id int primary key)");
        for (String[] one : new String[][] {
            {"set (publish = 'update')", "PROBLEM", "must publish inserts"},
            {"set (publish_via_partition_root = false)", "PROBLEM", "by its own name"},
            {"set table other", "PROBLEM", "does not have table"},
            {"set table outbox (id, source)", "PROBLEM", "leaves out rows or columns"},
            {"set table outbox where (source = 'orders')", "PROBLEM", "leaves out rows or columns"},
            {"add table other", "WARNING", "has 1 other tables"},
            {"set (publish = 'insert, delete')", "WARNING", "more than inserts"}
        }) {
            patient.sql("alter publication tidemark_outbox " + one[0]);
            Finding finding = one("publication", Severity.valueOf(one[1]), patient.examine());

            assertThat(finding.message()).as(one[0]).contains(one[2]);
            patient.sql(String.valueOf(finding.mend()));
            one("publication", Severity.OK, patient.examine());
        }
    }

    @Test
    void aPublicationThatIsMissingIsMadeOnlyWithoutASlot() throws Exception {
        patient.sql("drop publication tidemark_outbox");
        assertThat(one("publication", Severity.PROBLEM, patient.examine()))
                .satisfies(finding -> assertThat(finding.message()).contains("is not in slot " + patient.slot()))
                .satisfies(finding -> assertThat(finding.mend()).contains("pg_drop_replication_slot"));
        patient.sql("select pg_drop_replication_slot('" + patient.slot() + "')");
        patient.sql(String.valueOf(
                one("publication", Severity.PROBLEM, patient.examine()).mend()));
        one("publication", Severity.OK, patient.examine());
    }

    @Test
    void aSlotThatCannotBeUsedIsAProblem() throws Exception {
        patient.sql("select pg_drop_replication_slot('" + patient.slot() + "')");
        assertThat(one("slot", Severity.PROBLEM, patient.examine()).message()).contains("does not exist");
        patient.sql("select pg_create_physical_replication_slot('" + patient.slot() + "')");
        assertThat(one("slot", Severity.PROBLEM, patient.examine()).message())
                .contains("is not a lasting slot of the plugin pgoutput");
        patient.sql("select pg_drop_replication_slot('" + patient.slot() + "')");
    }

    @Test
    void aSlotThatIsNotRegisteredOrOfAnotherServerIsAProblem() throws Exception {
        patient.sql("update tidemark.relay set publication = 'another'");
        assertThat(one("registration", Severity.WARNING, patient.examine()).message())
                .contains("publication another");
        patient.sql("update tidemark.relay set publication = 'tidemark_outbox', system_identifier = '1'");
        assertThat(one("registration", Severity.PROBLEM, patient.examine()).message())
                .contains("was made on another server");
        patient.sql("delete from tidemark.relay");
        assertThat(one("registration", Severity.PROBLEM, patient.examine()).message())
                .contains("is not in tidemark.relay");
    }

    @Test
    void anOlderOrNewerSchemaIsTold() throws Exception {
        patient.sql("insert into tidemark_schema_history select 99, '099', description, type, 'V099__x.sql', checksum,"
                + " installed_by, now(), 1, true from tidemark_schema_history where version = '004'");
        assertThat(one("schema", Severity.WARNING, patient.examine()).message()).contains("newer", "V099");
        patient.sql("delete from tidemark_schema_history where version in ('004', '099')");
        assertThat(one("schema", Severity.PROBLEM, patient.examine()).message()).isEqualTo("not applied yet: V004");
        patient.sql("drop table tidemark_schema_history");
        assertThat(one("schema", Severity.OK, patient.examine()).message()).contains("without a history");
        patient.sql("drop table tidemark.command, tidemark.subscriber");
        assertThat(one("schema", Severity.PROBLEM, patient.examine()).message())
                .isEqualTo("not there: tidemark.subscriber, tidemark.command");
    }

    @Test
    void anOutboxThatIsNotLoggedLosesEvents() throws Exception {
        patient.sql("create unlogged table outbox_odd partition of outbox for values from"
                + " ('00000000-0000-0000-0000-000000000000') to ('00000000-0000-0000-0000-000000000001')");
        Finding finding = one("outbox", Severity.PROBLEM, patient.examine());

        assertThat(finding.message()).startsWith("outbox_odd is unlogged");
        patient.sql(String.valueOf(finding.mend()));
        one("outbox", Severity.OK, patient.examine());
        SourceConfig elsewhere =
                patient.config().source().toBuilder().table("public.outboks").build();
        assertThat(one(
                                "outbox",
                                Severity.PROBLEM,
                                new Doctor(patient.config(elsewhere, patient.receiverUrl())).examine())
                        .message())
                .isEqualTo("table public.outboks does not exist");
    }

    @Test
    void subscribersThatAreMissingAndDeadEventsAreTold() throws Exception {
        patient.sql("insert into tidemark.subscriber (slot, name, filter, state) values ('" + patient.slot()
                + "', 'mail', 'x', 'active'), ('" + patient.slot()
                + "', 'old', 'x', 'retired'), ('s', 'other', 'x', 'active')");
        patient.sql(
                "insert into tidemark.backlog (subscriber, id, bucket, hash, state, cause, committed_at, passed_lsn)"
                        + " values ('shipping', gen_random_uuid(), 0, 0, 'dead', 'rejected', now(), '0/1')");
        List<Finding> findings = patient.examine();

        assertThat(one("subscribers", Severity.PROBLEM, findings))
                .satisfies(finding -> assertThat(finding.message()).startsWith("mail, registered since"))
                .satisfies(finding -> assertThat(finding.mend()).contains("tidemark retire", "--subscriber mail"));
        assertThat(one("backlog shipping", Severity.WARNING, findings).message())
                .startsWith("1 dead");
    }

    @Test
    void aSubscriberThatIsLoadingIsTold() throws Exception {
        patient.sql("insert into tidemark.subscriber (slot, name, filter, loading) values ('" + patient.slot()
                + "', 'shipping', 'x', true)");
        assertThat(patient.examine().stream()
                        .filter(finding -> finding.check().equals("subscribers"))
                        .map(Finding::message))
                .anyMatch(message -> message.startsWith("shipping is loading"));
    }

    @Test
    void anotherClockIsTold() {
        Clock ahead = Clock.offset(Clock.systemUTC(), Duration.ofMinutes(10));
        assertThat(one("clock", Severity.WARNING, new Doctor(patient.config(), ahead).examine())
                        .message())
                .contains("s behind the one here");
        Clock behind = Clock.offset(Clock.systemUTC(), Duration.ofSeconds(-20));
        assertThat(one("clock", Severity.WARNING, new Doctor(patient.config(), behind).examine())
                        .message())
                .contains("s before the one here");
    }

    @Test
    void aShortStatementTimeoutIsTold() throws Exception {
        String role = patient.role("");
        patient.sql("alter role " + role + " set statement_timeout = '2s'");
        assertThat(one("statement_timeout", Severity.WARNING, patient.examineAs(role))
                        .message())
                .contains("2000 ms");
        patient.dropRole(role);
    }

    @Test
    void whoCannotBeReachedOrLogInIsToldWhy() throws Exception {
        String url = patient.database().url();
        SourceConfig source = patient.config().source();
        List<Finding> nowhere = new Doctor(patient.config(
                        source.toBuilder()
                                .url("jdbc:postgresql://localhost:1/x")
                                .build(),
                        patient.receiverUrl()))
                .examine();
        assertThat(one("connection", Severity.PROBLEM, nowhere).message())
                .startsWith("database x at localhost:1 does not answer: ");
        one("sink shipping", Severity.OK, nowhere); // is looked at all the same
        List<Finding> noDatabase = new Doctor(patient.config(
                        source.toBuilder()
                                .url(url.replaceFirst("/[^/]*$", "/nothing"))
                                .build(),
                        patient.receiverUrl()))
                .examine();
        assertThat(one("connection", Severity.PROBLEM, noDatabase).message())
                .startsWith("there is no database nothing");
        Findings refused = new Findings();
        for (String state : List.of("28P01", "28000", "53300")) {
            Refusals.explain(new SQLException("FATAL: no", state), source, refused);
        }
        assertThat(refused.all().toString())
                .contains("does not take tidemark_relay with this password", "pg_hba.conf", "max_connections")
                .doesNotContain(Patient.PASSWORD);
    }

    static List<Finding> problems(List<Finding> findings) {
        return findings.stream()
                .filter(finding -> finding.severity() == Severity.PROBLEM)
                .toList();
    }

    static Finding one(String check, Severity severity, List<Finding> findings) {
        return findings.stream()
                .filter(finding -> finding.check().equals(check) && finding.severity() == severity)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + severity + " of " + check + " in " + findings));
    }
}
