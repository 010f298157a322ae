package dev.tidemark.relay.ops;

import dev.tidemark.relay.config.UpkeepConfig;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Has the database maintain the outbox, again and again, on a thread of its own. A run that fails is made up
 * for by the next one: nothing but disk space depends on it.
 */
public final class Upkeep implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Upkeep.class);
    private static final String MAINTAIN =
            "select relation, done from tidemark.maintain_outbox(make_interval(secs => ?), make_interval(secs => ?))";
    private static final int TIMEOUT_SECONDS = 45;
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

    private final Connector connector;
    private final UpkeepConfig config;
    private final CountDownLatch stop = new CountDownLatch(1);
    private volatile @Nullable Thread thread;
    private volatile @Nullable String problem;

    public Upkeep(Connector connector, UpkeepConfig config) {
        this.connector = connector;
        this.config = config;
    }

    /**
     * Runs now, and every {@code upkeep.every} after a run has ended. Once only.
     *
     * @param onBug called if the thread cannot go on; it is to stop the relay, and must not wait
     */
    public void start(Consumer<Throwable> onBug) {
        Thread started = VitalThread.of("tidemark-upkeep", this::loop, onBug);
        started.setDaemon(true);
        thread = started;
        started.start();
    }

    /** Why the last run failed; empty if it did not, or there was none. */
    public Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    /** Runs no more; waits 2 s for a run that is under way, which the database ends by itself. Idempotent. */
    @Override
    public void close() {
        stop.countDown();
        Thread running = thread;
        if (running != null) {
            try {
                running.join(CLOSE_WAIT.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void loop() {
        try {
            do {
                runOnce();
            } while (!stop.await(config.every().toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void runOnce() {
        try {
            maintain();
            if (problem != null) {
                log.info("Upkeep of the outbox works again.");
            }
            problem = null;
        } catch (SQLException | RuntimeException e) {
            String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("unknown");
            if (problem == null) {
                log.warn(
                        "Upkeep of the outbox failed, and is tried again every {}: {}. Nothing is lost, but old events"
                                + " are not removed.",
                        config.every(),
                        reason);
            }
            problem = reason;
        }
    }

    private void maintain() throws SQLException {
        try (Connection connection = connector.connect();
                PreparedStatement call = connection.prepareStatement(MAINTAIN)) {
            call.setQueryTimeout(TIMEOUT_SECONDS);
            call.setLong(1, config.retention().toSeconds());
            call.setLong(2, config.ahead().toSeconds());
            try (ResultSet steps = call.executeQuery()) {
                while (steps.next()) {
                    String done = steps.getString(2);
                    log.atLevel(done.startsWith("not created") ? Level.WARN : Level.DEBUG)
                            .log("Upkeep of {}: {}", steps.getString(1), done);
                }
            }
        }
    }
}
