package dev.tidemark.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.PostgresServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Row 18, as a measurement: three subscribers, of which one is dead for very many events. That nothing is lost or out of
 * order, and that the slot moves on, is asserted; how long the others waited from commit to delivery is printed, for a
 * machine that builds is too busy to say. {@code -Dtidemark.torture.many=100000} is for a quiet machine; {@code
 * -Dtidemark.torture.rate=N} writes N events a second.
 */
class DeadSubscriberRowIT {

    private static final int MANY = Integer.getInteger("tidemark.torture.many", 2_000);
    private static final int RATE = Integer.getInteger("tidemark.torture.rate", 500);
    private static final int LOOKS = 10;
    private static final int TOGETHER = 5;
    private static final int KEYS = 1000;
    private static final int STEP = 500;
    private static final List<String> OTHERS = List.of(World.INBOX, World.MOODY);

    /** The heap and what may be in flight are what they are where nobody says anything. */
    private static final RelaySettings SETTINGS = new RelaySettings(Relays.honest(), List.of(), 4, 100, 50_000, "");

    private int written;

    @Tag("long")
    @Test
    @DisplayName("Row 18: others do not notice a subscriber that is dead for very many events, nor does the slot")
    void othersDoNotNoticeADeadSubscriber() throws Exception {
        try (PostgresServer server = PostgresServer.start();
                Row row = Row.on(server, 18, SETTINGS)) {
            write(row, MANY / 4); // until the machine has warmed up
            say(row, "before", write(row, MANY / 4));

            row.receiver(World.PLAIN).goDown();
            Set<UUID> during = new HashSet<>();
            for (int look = 1; look <= LOOKS; look++) {
                long begun = written(row);
                during.addAll(write(row, MANY / LOOKS));
                row.await(() -> row.world().watch().confirmed() >= begun, "the slot passes what was written before");
                System.out.printf("dead, look %d: %s bytes of the log are retained%n", look, retained(row));
            }
            say(row, "dead", during);
            assertThat(row.world().relay().readiness()).startsWith("200");

            row.receiver(World.PLAIN).comeBack();
            long back = System.nanoTime();
            say(row, "drained", write(row, MANY / 4));
            for (int taken = STEP; taken <= written; taken += STEP) {
                row.awaitTaken(World.PLAIN, taken);
            }
            row.awaitTaken(World.PLAIN, written);
            System.out.printf("all was there %d ms after it was back%n", millis(System.nanoTime() - back));
            row.passes();
            assertThat(row.single("select count(*) from tidemark.backlog where state <> 'settled'"))
                    .isEqualTo("0");
        }
    }

    /** Steadily, however the relay gets on; returns when the others have all of it. */
    private Set<UUID> write(Row row, int events) throws Exception {
        Ledger ledger = row.world().ledger();
        Set<UUID> before = ledger.written();
        long begun = System.nanoTime();
        for (int i = 0; i < events; i += TOGETHER) {
            long due = begun + i * 1_000_000_000L / RATE;
            row.world().pause(Duration.ofNanos(Math.max(0, due - System.nanoTime())));
            List<Change> changes = new ArrayList<>();
            for (int j = 0; j < TOGETHER; j++) {
                changes.add(new Change("k" + (i + j) % KEYS, "v" + i));
            }
            row.commit(Way.BATCH, changes);
            written += TOGETHER;
        }
        for (String other : OTHERS) {
            row.awaitTaken(other, written);
        }
        Set<UUID> ids = new HashSet<>(ledger.written());
        ids.removeAll(before);
        return ids;
    }

    private static void say(Row row, String when, Set<UUID> ids) {
        Map<UUID, Long> commits = row.world().ledger().commits();
        Map<Ledger.Taken, Long> arrivals = row.world().ledger().firstArrivals();
        for (String other : OTHERS) {
            List<Long> lags = ids.stream()
                    .map(id -> arrivals.getOrDefault(new Ledger.Taken(other, id), 0L) - commits.getOrDefault(id, 0L))
                    .sorted()
                    .toList();
            System.out.printf(
                    "%s, %s: %d events, from commit to delivery p50 %d us, p99 %d us, most %d us%n",
                    when, other, lags.size(), lag(lags, 50), lag(lags, 99), lag(lags, 100));
        }
    }

    /** In microseconds; what arrived before its writer knew of the commit took no time. */
    private static long lag(List<Long> sorted, int percent) {
        return Math.max(0, sorted.get((sorted.size() * percent + 99) / 100 - 1)) / 1000;
    }

    private static long millis(long nanos) {
        return nanos / 1_000_000;
    }

    private static long written(Row row) {
        return Long.parseLong(row.single("select (pg_current_wal_lsn() - '0/0')::bigint"));
    }

    private static String retained(Row row) {
        return row.single("select (pg_current_wal_lsn() - restart_lsn)::bigint from pg_replication_slots"
                + " where slot_name = '" + row.world().slot() + "'");
    }
}
