package dev.tidemark.inbox;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A subscription to a broker, at work. It connects in the background, and again whenever the connection is lost or what
 * it needs is not there. Safe for many threads.
 */
public final class Reading implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Reading.class);
    private static final Backoff RECONNECTS = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));
    private static final Duration ENDS_WITHIN = Duration.ofSeconds(5);

    private final Source source;
    private final SubscriptionSettings settings;
    private final AggregateQueues queues;
    private final WaitingReader waiting;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Seldom troubles = new Seldom(System::nanoTime);
    private final Thread thread;
    private volatile @Nullable String trouble = "it has not connected yet";

    Reading(Source source, SubscriptionSettings settings, Intake intake) {
        String name = "tidemark-" + settings.consumer();
        this.source = source;
        this.settings = settings;
        this.queues = new AggregateQueues(intake, settings.threads(), settings.backoff(), name);
        this.waiting = WaitingSubscription.reader(intake, settings.stopDeadline());
        this.thread = new Thread(this::read, name + "-reader");
    }

    Reading start() {
        thread.start();
        waiting.start();
        return this;
    }

    /**
     * Why nothing is read now, or not all; empty if it reads. For people and for readiness; without secrets. An event whose
     * handler fails is no trouble of this kind: {@link InboxListener#failed} tells of those.
     */
    public Optional<String> trouble() {
        String now = trouble;
        return Optional.ofNullable(now != null ? source.place() + ": " + now : queues.whyHeld());
    }

    private void read() {
        int failures = 0;
        try {
            while (stopping.getCount() > 0) {
                failures++;
                try (Term term = new Term(queues, settings, () -> trouble = null, stopping)) {
                    source.read(term);
                } catch (Throwable e) { // also an Error, such as a class that is missing: or nobody would know
                    failures = trouble == null ? 1 : failures;
                    failed(e);
                }
                if (stopping.getCount() > 0) {
                    Thread.interrupted(); // nobody here has asked for it
                }
                stopping.await(RECONNECTS.nanosAfter(failures), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it is being closed
        }
    }

    private void failed(Throwable failure) {
        String reason = reason(failure);
        trouble = reason;
        if (stopping.getCount() > 0) {
            troubles.run(count ->
                    log.warn("{} is not read ({} times since the last warning): {}", source.place(), count, reason));
            log.debug("{} is not read", source.place(), failure);
        }
    }

    /** With the causes, as clients wrap what their servers say. */
    private static String reason(Throwable failure) {
        StringBuilder text = new StringBuilder(described(failure));
        Throwable cause = failure.getCause();
        for (int i = 0; cause != null && i < 5; i++) {
            if (cause.getMessage() == null || text.indexOf(cause.getMessage()) < 0) {
                text.append(": ").append(described(cause));
            }
            cause = cause.getCause();
        }
        return text.toString();
    }

    private static String described(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }

    /**
     * Begins nothing more, waits for what is being handled, at most for the stop deadline, acknowledges it, and stops. What
     * did not end in time is interrupted and rolls back, so that it is delivered again. Idempotent.
     */
    @Override
    public void close() {
        stopping.countDown();
        try {
            join(settings.stopDeadline().plus(ENDS_WITHIN));
            thread.interrupt();
            queues.close();
            join(ENDS_WITHIN);
        } catch (InterruptedException e) {
            thread.interrupt();
            queues.close();
            Thread.currentThread().interrupt();
        }
        waiting.close();
    }

    private void join(Duration atMost) throws InterruptedException {
        TimeUnit.NANOSECONDS.timedJoin(thread, atMost.toNanos());
    }
}
