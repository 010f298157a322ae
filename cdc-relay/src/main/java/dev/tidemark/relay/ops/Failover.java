package dev.tidemark.relay.ops;

import dev.tidemark.relay.config.SourceConfig;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Says whether the slot would survive a failover, as far as the standbys know that the configuration names. Only tells:
 * a standby that lags is no reason to be unready. On a thread of its own, for a standby may be slow to answer.
 */
public final class Failover implements AutoCloseable {

    private static final Duration EVERY = Duration.ofSeconds(5);

    /** Columns that came with PostgreSQL 17 are read from JSON. */
    private static final String SLOT = """
            select coalesce(to_jsonb(s) ->> 'synced' = 'true', false) as synced, temporary,
                   to_jsonb(s) ->> 'invalidation_reason' as broken
            from pg_replication_slots s where slot_name = ?""";

    private final String slot;
    private final List<SourceConfig> standbys;
    private final CountDownLatch stop = new CountDownLatch(1);
    private volatile String told;

    public Failover(SourceConfig source) {
        this.slot = source.slot();
        this.standbys = source.standbys().stream()
                .map(url -> source.toBuilder().url(url).build())
                .toList();
        this.told = standbys.isEmpty() ? "unknown: name standbys in source.standbys" : "not known yet";
    }

    /**
     * Asks every 5 s from now on; once only.
     *
     * @param onBug called if the thread cannot go on, and what it told last would stay; it is to stop the relay, and must
     *     not wait
     */
    public void start(Consumer<Throwable> onBug) {
        if (!standbys.isEmpty()) {
            Thread thread = VitalThread.of("tidemark-failover", this::loop, onBug);
            thread.setDaemon(true);
            thread.start();
        }
    }

    /** Whether a failover would be safe, for people. */
    public String told() {
        return told;
    }

    @Override
    public void close() {
        stop.countDown();
    }

    private void loop() {
        try {
            do {
                told = ask();
            } while (!stop.await(EVERY.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    String ask() {
        StringJoiner reasons = new StringJoiner("; ", "not safe: ", "").setEmptyValue("safe");
        for (SourceConfig standby : standbys) {
            String reason = reason(standby);
            if (!reason.isEmpty()) {
                reasons.add(standby.host() + ":" + standby.port() + " " + reason);
            }
        }
        return reasons.toString();
    }

    /** Why the slot would not survive the promotion of this standby; empty if it would. */
    private String reason(SourceConfig standby) {
        try (Connection connection = Connector.to(standby).connect();
                PreparedStatement query = connection.prepareStatement(SLOT)) {
            query.setString(1, slot);
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    return "has no slot " + slot + " (see sync_replication_slots)";
                }
                if (row.getString("broken") != null) {
                    return "has slot " + slot + " invalidated: " + row.getString("broken");
                }
                if (row.getBoolean("temporary") || !row.getBoolean("synced")) {
                    return "has slot " + slot + " not synchronised yet";
                }
                return "";
            }
        } catch (SQLException | RuntimeException e) {
            return "does not answer";
        }
    }
}
