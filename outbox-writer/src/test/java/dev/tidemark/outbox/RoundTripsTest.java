package dev.tidemark.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Counted where it happens: on the socket, each time that bytes are sent after bytes were read. */
final class RoundTripsTest {

    private static OutboxDatabase db;

    @BeforeAll
    static void createDatabase() throws SQLException {
        db = OutboxDatabase.create();
        db.createSlot("round_trips");
    }

    @ParameterizedTest
    @EnumSource(Storage.class)
    void appendingIsOneRoundTripHoweverManyEvents(Storage storage) throws SQLException {
        Outbox outbox = Outbox.builder().source("orders").storage(storage).build();
        List<OutboxEvent> many = IntStream.range(0, 500)
                .mapToObj(i -> OutboxEvent.of("order", "o" + i, "order-placed", "{}"))
                .toList();
        try (Connection tx = DriverManager.getConnection(
                db.database().url() + "?socketFactory=" + CountingSocketFactory.class.getName(),
                db.database().user(),
                db.database().password())) {
            tx.setAutoCommit(false);
            assertThat(roundTrips(() -> outbox.append(tx, many.get(0)))).isOne();
            assertThat(roundTrips(() -> outbox.appendAll(tx, many.subList(1, 500))))
                    .isOne();
            assertThat(roundTrips(tx::commit)).isOne();
        } finally {
            db.database().run("select pg_replication_slot_advance('round_trips', pg_current_wal_lsn())");
        }
    }

    private static int roundTrips(SqlAction action) throws SQLException {
        int before = CountingSocketFactory.roundTrips();
        action.run();
        return CountingSocketFactory.roundTrips() - before;
    }

    private interface SqlAction {
        void run() throws SQLException;
    }
}
