package dev.tidemark.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.Statement;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Postgres gives up a slot while a relay reads it. */
class LostSlotTest {

    @Test
    void aRelayThatRunsStopsOnTheNewestPostgres() throws Exception {
        stops(18);
    }

    /** Where nothing but the status of its log says that a slot was invalidated. */
    @Test
    void aRelayThatRunsStopsOnTheOldestPostgres() throws Exception {
        stops(15);
    }

    /** The open transaction is committed when the slot is lost already: its event cannot be read any more. */
    private static void stops(int version) throws Exception {
        try (PostgresServer small = PostgresServer.builder()
                .majorVersion(version)
                .walSegmentMebibytes(1)
                .setting("max_slot_wal_keep_size", "4MB")
                .setting("min_wal_size", "2MB")
                .setting("max_wal_size", "8MB")
                .start()) {
            OutboxFixture outbox = new OutboxFixture(small);
            RecordingSink sink = new RecordingSink();
            outbox.database().run("create table filler (t text)");
            try (Relay relay = Relay.start(
                            outbox.config(outbox.subscriber("all", sink).build()));
                    Connection open = outbox.database().connect()) {
                outbox.write("a", 1);
                sink.awaitDistinct(1);
                open.setAutoCommit(false);
                UUID lost = outbox.write(open, "b", 1);
                await().until(() -> {
                    fill(outbox);
                    return "lost".equals(outbox.single("select wal_status from pg_replication_slots"));
                });
                open.commit();
                assertThat(relay.awaitStopped(Patience.BOUND)).isTrue();
                assertThat(relay.failure().orElseThrow())
                        .hasMessageContaining("slot " + outbox.slot() + " is lost")
                        .hasMessageContaining("tidemark migrate --repair");
                assertThat(sink.firstDeliveries()).hasSize(1).doesNotContain(lost);
            }
        }
    }

    /** Writes a few segments of log, and lets the server see what it can remove. */
    private static void fill(OutboxFixture outbox) throws Exception {
        try (Connection connection = outbox.database().connect();
                Statement statement = connection.createStatement()) {
            statement.execute("insert into filler select repeat('x', 1000) from generate_series(1, 3000)");
            statement.execute("truncate filler");
            statement.execute("checkpoint");
        }
    }
}
