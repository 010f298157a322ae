package dev.tidemark.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;

/** Least privilege: what each role can do, and that it can do no more. */
@EveryVersion
class RolesTest {

    private static final String TRANSIENT = "select * from outbox_append_transient(array['" + Sql.idAt(Sql.daysAgo(0))
            + "']::uuid[], array['orders'], array[''], array['order'], array['42'], null, array[true], array['placed'],"
            + " array[1], array['application/json'], array['{}'], array[null]::text[], array[null]::text[], array[now()])";
    private static final String WAL_ONLY = "select * from outbox_append_wal_only(array['{'], array['\"a\":1}'],"
            + " array['orders'], array[''], array['order'], array['42'], array[true], null)";

    private static final String INTO_BACKLOG =
            "insert into tidemark.backlog (subscriber, id, bucket, hash, state, cause,"
                    + " committed_at, passed_lsn) values ('s', gen_random_uuid(), 0, 0, 'dead', 'undecodable', now(), '0/1')";
    private static final String COMMAND =
            "insert into tidemark.command (slot, subscriber, verb) values ('s', 'shipping', 'retry')";
    private static final String JOB =
            "insert into tidemark.redelivery (slot, subscriber, aggregate) values ('s', 'shipping', 'order/42')";

    private static final String INCOMING =
            "insert into incoming (consumer, source, id, redelivery, tenantid, aggregatetype, aggregateid, aggregateversion,"
                    + " type, event) values ('c', 's', gen_random_uuid(), '', '', 'order', '42', 1, 'placed', '{}')";

    @Parameter
    private int version;

    private Database database;

    @BeforeEach
    void aBusinessTableAndARegisteredSlot() throws SQLException {
        database = Sql.freshOutbox(version);
        database.run("create table orders (id int primary key)");
        database.run("select pg_create_logical_replication_slot('" + database.name() + "', 'pgoutput')");
        database.run("insert into tidemark.relay (slot, publication, outbox, system_identifier, timeline) values ('"
                + database.name() + "', 'tidemark_outbox', 'public.outbox', '1', 1)");
    }

    @AfterEach
    void dropIt() {
        PostgresServer.shared(version).dropDatabase(database);
    }

    @Test
    void theWriterAppendsInAllThreeModes() throws SQLException {
        may("tidemark_writer", Sql.insertAt(Sql.daysAgo(0), Sql.idAt(Sql.daysAgo(0))));
        may("tidemark_writer", "select outbox_version_claim('orders', '', 'order', '1', 3)");
        may("tidemark_writer", TRANSIENT);
        may("tidemark_writer", WAL_ONLY);
    }

    @Test
    void theWriterDoesNothingElse() {
        for (String forbidden : List.of(
                "select * from outbox",
                "select id from outbox_default",
                "update outbox set type = 'x'",
                "delete from outbox",
                "truncate outbox",
                "select * from outbox_version",
                "update outbox_version set version = 0",
                "select * from orders",
                "insert into orders values (1)",
                "select * from inbox_watermark",
                "select * from tidemark.relay",
                "select * from tidemark.maintain_outbox('0', '0')",
                "select pg_logical_emit_message(true, 'tidemark.outbox.v1', '{}')",
                "select pg_logical_emit_message(true, 'tidemark.outbox.v1', '{}'::bytea)")) {
            mayNot("tidemark_writer", forbidden);
        }
    }

    @Test
    void theRelayReadsTheOutboxAndKeepsItsOwnTables() throws SQLException {
        may("tidemark_relay", "select * from outbox");
        may("tidemark_relay", "select * from tidemark.relay for update");
        may("tidemark_relay", "update tidemark.relay set epoch = epoch + 1, acknowledged_lsn = '0/1'");
        may("tidemark_relay", "insert into tidemark.source (name, epoch) values ('orders', 1)");
        may("tidemark_relay", "select * from tidemark.maintain_outbox('7 days', '2 days')");
        may("tidemark_relay", INTO_BACKLOG);
        may("tidemark_relay", "select * from tidemark.backlog for update");
        may("tidemark_relay", "update tidemark.backlog set state = 'settled', envelope = null, outcome = 'delivered'");
        may("tidemark_relay", "delete from tidemark.backlog");
        may("tidemark_relay", "insert into tidemark.subscriber (slot, name, filter) values ('s', 'shipping', '*')");
        may("tidemark_relay", "update tidemark.subscriber set state = 'retired'");
        may("tidemark_relay", COMMAND);
        may("tidemark_relay", "update tidemark.command set state = 'done', events = 1, answer = '', done_at = now()");
        may("tidemark_relay", JOB);
        may(
                "tidemark_relay",
                "update tidemark.redelivery set cancelled_at = now(), state = 'done', total = 1, seen = 1, stored = 1,"
                        + " answer = '', began_at = now(), stored_at = now(), done_at = now()");
        may("tidemark_relay", "select * from pg_control_checkpoint()");
        may("tidemark_relay", "select pg_create_logical_replication_slot('" + database.name() + "_2', 'pgoutput')");
        may("tidemark_relay", "select pg_drop_replication_slot('" + database.name() + "_2')");
        may("tidemark_relay", "select * from pg_replication_slots, pg_control_system(), pg_publication_tables");
    }

    @Test
    void theRelayAddsIncomingEventsAndSeesNoPayload() throws SQLException {
        may("tidemark_relay", INCOMING + " on conflict (consumer, source, id, redelivery) do nothing returning id");
        may("tidemark_relay", "select consumer, source, id, redelivery from incoming");
        for (String forbidden : List.of(
                "select event from incoming",
                "select handledat from incoming",
                "update incoming set event = '{}'",
                "update incoming set handledat = now()",
                "delete from incoming")) {
            mayNot("tidemark_relay", forbidden);
        }
    }

    @Test
    void theConsumerMarksIncomingEventsAndChangesNone() throws SQLException {
        database.run(INCOMING);
        may("tidemark_consumer", "select event from incoming for update skip locked");
        may("tidemark_consumer", "update incoming set handledat = now()");
        mayNot("tidemark_consumer", "update incoming set event = '{}'");
        mayNot("tidemark_consumer", INCOMING);
        may("tidemark_consumer", "delete from incoming");
        for (String forbidden : List.of("select * from incoming", INCOMING)) {
            mayNot("tidemark_writer", forbidden);
        }
    }

    @Test
    void theRelayNeitherWritesEventsNorSeesBusinessTables() {
        for (String forbidden : List.of(
                Sql.insertAt(Sql.daysAgo(0), Sql.idAt(Sql.daysAgo(0))),
                "update outbox set type = 'x'",
                "delete from outbox",
                "select outbox_version_claim('orders', '', 'order', '1')",
                TRANSIENT,
                WAL_ONLY,
                "select * from orders",
                "insert into orders values (1)",
                "select * from inbox_seen",
                "insert into tidemark.outbox_retired values ('outbox_p20200101', '0/1')",
                "select tidemark.outbox_drop_partition('orders')",
                "alter table outbox add column x int",
                "alter publication tidemark_outbox set (publish = 'delete')",
                "create publication all_of_it for all tables",
                "create table tidemark.mine (id int)",
                "update tidemark.command set verb = 'drop'",
                "delete from tidemark.command",
                "delete from tidemark.subscriber",
                "truncate tidemark.backlog",
                "select pg_logical_emit_message(true, 'tidemark.outbox.v1', '{}')")) {
            mayNot("tidemark_relay", forbidden);
        }
    }

    @Test
    void theConsumerHasItsInboxAndNothingElse() throws SQLException {
        may(
                "tidemark_consumer",
                "insert into inbox_watermark (consumer, source, tenantid, aggregatetype, aggregateid, epoch,"
                        + " version) values ('c', 's', '', 't', '1', 0, 0)");
        may("tidemark_consumer", "update inbox_watermark set version = 1");
        may(
                "tidemark_consumer",
                "insert into inbox_seen (consumer, source, id) values ('c', 's', gen_random_uuid())"
                        + " on conflict do nothing");
        may(
                "tidemark_consumer",
                "insert into inbox_tombstone (readmodel, key, epoch, version) values ('r', '1', 0, 1)");
        may("tidemark_consumer", "delete from inbox_tombstone");
        may("tidemark_consumer", "update inbox_watermark set held = true");
        may("tidemark_consumer", "delete from inbox_waiting");
        may("tidemark_consumer", "update inbox_dead set retry = true");
        for (String forbidden : List.of(
                "select * from outbox",
                Sql.insertAt(Sql.daysAgo(0), Sql.idAt(Sql.daysAgo(0))),
                "select outbox_version_claim('orders', '', 'order', '1')",
                "select * from orders",
                "select * from tidemark.relay",
                "delete from inbox_watermark",
                "select pg_logical_emit_message(true, 'tidemark.outbox.v1', '{}')")) {
            mayNot("tidemark_consumer", forbidden);
        }
    }

    @Test
    void theOperatorSeesTheBacklogAndAsksForWhatIsToBeDone() throws SQLException {
        may(
                "tidemark_operator",
                "select * from tidemark.backlog, tidemark.subscriber, tidemark.command, tidemark.redelivery");
        may("tidemark_operator", COMMAND + " returning id");
        may("tidemark_operator", JOB + " returning id");
        may("tidemark_operator", "update tidemark.redelivery set cancelled_at = now()");
        assertThat(Sql.one(database, "select requested_by || state from tidemark.command"))
                .isEqualTo(database.user() + "requested");
        for (String forbidden : List.of(
                INTO_BACKLOG,
                "update tidemark.backlog set state = 'settled'",
                "delete from tidemark.backlog",
                "insert into tidemark.subscriber (slot, name, filter) values ('s', 'shipping', '*')",
                "update tidemark.command set state = 'done'",
                "delete from tidemark.command",
                "update tidemark.redelivery set state = 'done'",
                "delete from tidemark.redelivery",
                "insert into tidemark.redelivery (slot, subscriber, requested_by) values ('s', 'x', 'else')",
                "insert into tidemark.redelivery (slot, subscriber, state) values ('s', 'x', 'storing')",
                "insert into tidemark.command (slot, subscriber, verb, requested_by) values ('s', 'x', 'drop', 'else')",
                "insert into tidemark.command (slot, subscriber, verb, state) values ('s', 'x', 'drop', 'done')",
                "select * from tidemark.relay",
                "select * from outbox",
                "select * from orders",
                "select * from inbox_seen",
                "select pg_logical_emit_message(true, 'tidemark.outbox.v1', '{}')")) {
            mayNot("tidemark_operator", forbidden);
        }
    }

    @Test
    void nobodyElseHasToDoWithTheBacklog() {
        for (String role : List.of("tidemark_writer", "tidemark_consumer")) {
            for (String forbidden : List.of(
                    "select * from tidemark.backlog",
                    INTO_BACKLOG,
                    "select * from tidemark.subscriber",
                    "select * from tidemark.command",
                    "select * from tidemark.redelivery",
                    JOB,
                    COMMAND)) {
                mayNot(role, forbidden);
            }
        }
    }

    @Test
    void onlyTheRelayLogsInAndReplicatesAndNobodyIsMore() throws SQLException {
        assertThat(Sql.rows(database, """
                select rolname, rolcanlogin, rolreplication, rolsuper or rolcreatedb or rolcreaterole or rolbypassrls
                from pg_roles where rolname like 'tidemark%' order by 1"""))
                .containsExactly(
                        "tidemark_consumer|f|f|f",
                        "tidemark_operator|f|f|f",
                        "tidemark_relay|t|t|f",
                        "tidemark_writer|f|f|f");
    }

    private void may(String role, String sql) throws SQLException {
        as(role, sql);
    }

    private void mayNot(String role, String sql) {
        assertThatThrownBy(() -> as(role, sql), "%s: %s", role, sql)
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42501"));
    }

    private void as(String role, String sql) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("set role " + role);
            statement.execute(sql);
        }
    }
}
