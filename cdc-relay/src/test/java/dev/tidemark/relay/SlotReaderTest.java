package dev.tidemark.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.relay.ops.Connector;
import dev.tidemark.relay.ops.SlotReader;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** Who reads the slot is ended for the relay that leads, and for nobody else. */
@SuppressWarnings("try") // a relay runs for as long as its block
class SlotReaderTest {

    private static PostgresServer server;

    private OutboxFixture outbox;
    private Connection reading;
    private String pid;

    @BeforeAll
    static void startServer() {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    /** As another relay does. */
    @BeforeEach
    void read() throws Exception {
        outbox = new OutboxFixture(server);
        reading = replication();
        reading.unwrap(PGConnection.class)
                .getReplicationAPI()
                .replicationStream()
                .logical()
                .withSlotName(outbox.slot())
                .withSlotOption("proto_version", 1)
                .withSlotOption("publication_names", "tidemark_outbox")
                .start();
        pid = active();
        assertThat(pid).isNotEqualTo("nobody");
    }

    @AfterEach
    void dropOutbox() throws SQLException {
        reading.close();
        await().until(() -> active().equals("nobody"));
        server.dropDatabase(outbox.database());
    }

    @Test
    void nobodyIsEndedInTheNameOfAnOlderEpoch() throws Exception {
        outbox.database().run("update tidemark.relay set epoch = 2");
        SlotReader reader = new SlotReader(Connector.to(outbox.source()), outbox.slot());
        reader.end(1);
        assertThat(active()).isEqualTo(pid);
        reader.end(2);
        assertThat(active()).isEqualTo("nobody");
    }

    /** Another one follows as soon as it has raised the epoch, again and again: it never leads. */
    @Test
    void aRelayThatLearnsAsItBeginsThatAnotherOneLeadsLetsThatOneRead() throws Exception {
        outbox.database().run("""
                create function follow() returns trigger language plpgsql as
                    'begin update tidemark.relay set epoch = epoch + 1; return null; end';
                create trigger follow after update of epoch on tidemark.relay for each row
                    when (pg_trigger_depth() = 0) execute function follow()""");
        RecordingSink sink = new RecordingSink();
        try (Relay relay =
                Relay.start(outbox.config(outbox.subscriber("all", sink).build()))) {
            await().until(() -> Long.parseLong(outbox.single("select epoch from tidemark.relay")) >= 6);
            assertThat(active()).isEqualTo(pid);
            assertThat(relay.failure()).isEmpty();
        }
    }

    private String active() throws SQLException {
        return outbox.single("select coalesce(active_pid::text, 'nobody') from pg_replication_slots where slot_name = '"
                + outbox.slot() + "'");
    }

    private Connection replication() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", outbox.database().user());
        properties.setProperty("password", outbox.database().password());
        properties.setProperty("replication", "database");
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("assumeMinServerVersion", "15");
        properties.setProperty("options", "-c wal_sender_timeout=0"); // it says nothing itself
        return DriverManager.getConnection(outbox.database().url(), properties);
    }
}
