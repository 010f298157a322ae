package dev.tidemark.relay;

import dev.tidemark.relay.capture.SourceProblem;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.ops.Connector;
import dev.tidemark.relay.ops.Failover;
import dev.tidemark.relay.ops.Guard;
import dev.tidemark.relay.ops.Leadership;
import dev.tidemark.relay.ops.OpsServer;
import dev.tidemark.relay.ops.RelayMetrics;
import dev.tidemark.relay.ops.SlotMonitor;
import dev.tidemark.relay.ops.SlotReader;
import dev.tidemark.relay.ops.Upkeep;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A relay in this process: reads the slot of one database and forwards every committed event to its
 * subscribers, until it is closed or fails.
 *
 * <pre>{@code
 * try (Relay relay = Relay.start(config)) {
 *     …
 * }
 * }</pre>
 *
 * <p>At least once: what was not acknowledged when a relay ended, in whatever way, comes again with the next
 * one. Safe for many threads.
 */
public final class Relay implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Relay.class);

    /** A probe that comes every second reads why it is unready before nobody answers any more. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private final RelayConfig config;
    private final Duration lastWords;
    private final RelayMetrics metrics = new RelayMetrics();
    private final Deliveries deliveries;
    private final Guard guard;
    private final Streaming streaming;
    private final Upkeep upkeep;
    private final Failover failover;
    private final OpsServer ops;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final CountDownLatch failed = new CountDownLatch(1);
    private final Thread closer; // there before anything fails: without memory no thread may begin
    private final Thread thread;

    private Relay(RelayConfig config, Duration lastWords) throws IOException {
        this.config = config;
        this.lastWords = lastWords;
        this.deliveries = new Deliveries(config, metrics, this::fail);
        Connector connector = Connector.to(config.source());
        String slot = config.source().slot();
        Duration lease = config.leadership().lease();
        this.guard = new Guard(config.source(), connector, deliveries.witness());
        this.streaming = new Streaming(
                deliveries.source(),
                guard,
                new Leadership(connector, slot, lease, System::nanoTime, guard::check),
                new SlotReader(connector, slot),
                deliveries::feed,
                deliveries);
        deliveries.serve(streaming::run);
        this.upkeep = new Upkeep(connector, config.upkeep());
        this.failover = new Failover(config.source());
        Health health = new Health(streaming, failover, failure::get);
        SlotMonitor monitor = new SlotMonitor(connector, slot, System::nanoTime);
        health.measure(metrics, monitor, config.subscribers());
        this.ops = serve(health);
        this.closer = new Thread(this::closeIfFailed, "tidemark-relay-stop");
        this.closer.setDaemon(true);
        this.thread = new Thread(this::stream, "tidemark-relay");
    }

    /**
     * Starts reading, delivering, and serving health and metrics; returns at once. A database that does not
     * answer is tried again until it does.
     *
     * @throws IllegalStateException if the database answers, but cannot be read as it is set up: no slot, no
     *     publication, no such role; the message says what repairs it
     * @throws UncheckedIOException if the address for health and metrics cannot be listened on
     */
    public static Relay start(RelayConfig config) {
        return start(config, LAST_WORDS);
    }

    /** As {@link #start(RelayConfig)}; for {@code lastWords} it says why it is unready before it stops by itself. */
    static Relay start(RelayConfig config, Duration lastWords) {
        try {
            Relay relay = new Relay(config, lastWords);
            relay.begin();
            return relay;
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    /** Waits until the relay has stopped, by {@link #close} or by a failure; false if the time is over first. */
    public boolean awaitStopped(Duration atMost) throws InterruptedException {
        return stopped.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Why the relay stopped by itself; empty while it runs, and if it was closed. */
    public Optional<Throwable> failure() {
        return Optional.ofNullable(failure.get());
    }

    /** The port of health and metrics, which the configuration may have left open. */
    public int opsPort() {
        return ops.port();
    }

    /**
     * Takes nothing more, delivers what was taken, for at most {@code shutdown.deadline}, acknowledges it and
     * stops. What could not be delivered by then comes again with the next relay. Idempotent.
     */
    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            awaitEnd();
            return;
        }
        boolean interrupted = false;
        try {
            boolean drained = streaming.stop(config.shutdown().deadline());
            if (!drained) {
                log.warn("Stopped before all that was taken had been delivered; the rest comes with the next start.");
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        interrupted |= awaitEnd();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private OpsServer serve(Health health) throws IOException {
        try {
            return OpsServer.start(config.ops(), health.live(), health.ready(config.subscribers()), metrics::scrape);
        } catch (IOException e) {
            deliveries.close();
            throw e;
        }
    }

    private void begin() {
        try {
            guard.check();
        } catch (SourceProblem e) {
            log.error("The relay does not start: {}", e.getMessage());
            closeRest();
            throw new IllegalStateException(e.getMessage(), e);
        } catch (SQLException e) { // may answer later, which is no problem of how it is set up
            log.warn("The database does not answer yet: {}", e.getMessage());
        }
        closer.start();
        upkeep.start(this::fail);
        failover.start(this::fail);
        thread.start();
        log.info(
                "Relay of {} to {} subscribers; health and metrics on http://{}:{}",
                config.source(),
                config.subscribers().size(),
                config.ops().host(),
                ops.port());
    }

    private void stream() {
        try {
            streaming.loop();
        } catch (SourceProblem e) {
            failure.compareAndSet(null, e);
            log.error("The relay stops: {}", e.getMessage());
            streaming.awaitStop(lastWords);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e);
            log.error("The relay stops: {}", e.getMessage(), e);
        } finally {
            try {
                closeRest();
            } finally {
                stopped.countDown();
                failed.countDown(); // the closer has nothing to wait for any more
            }
        }
    }

    /** A bug: called on a lane's thread, or another that must not wait for itself. To say so may fail by the same bug. */
    private void fail(Throwable bug) {
        if (failure.compareAndSet(null, bug)) {
            failed.countDown();
            log.error("The relay stops: {}", bug.getMessage(), bug);
        }
    }

    private void closeIfFailed() {
        try {
            failed.await();
            if (stopped.getCount() > 0) {
                close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeRest() {
        for (AutoCloseable part : List.of(upkeep, failover, deliveries, ops, metrics)) {
            Deliveries.closeQuietly(part);
        }
    }

    private boolean awaitEnd() {
        try {
            stopped.await();
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }
}
