package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Warns, seldom: a stream of events that all fail is one piece of news, not a thousand. */
final class LoggingListener implements InboxListener {

    private static final Logger log = LoggerFactory.getLogger(Inbox.class);

    private final Seldom gaps;
    private final Seldom conflicts;
    private final Seldom failures;
    private final Seldom deaths;

    LoggingListener(LongSupplier nanoTime) {
        this.gaps = new Seldom(nanoTime);
        this.conflicts = new Seldom(nanoTime);
        this.failures = new Seldom(nanoTime);
        this.deaths = new Seldom(nanoTime);
    }

    @Override
    public void gap(Envelope event, long expectedVersion) {
        gaps.run(count -> log.warn(
                "Version {} was expected, but {} came ({} gaps since the last warning). If no filter or skipped event "
                        + "explains it: with GapPolicy.REPORT it is handled all the same, and a replay of what is missing "
                        + "would pass for duplicates, so have the aggregate's state sent (tidemark bootstrap, or verify "
                        + "--repair); with WAIT or FAIL have the aggregate replayed, or its state sent.",
                expectedVersion,
                event,
                count));
    }

    @Override
    public void conflict(Envelope event, UUID handledId) {
        conflicts.run(count -> log.error(
                "Refused {}: its version was already that of {} ({} conflicts since the last message). Look for two "
                        + "writers of one source.",
                event,
                handledId,
                count));
    }

    @Override
    public void dead(Envelope event, int attempts, Exception failure) {
        deaths.run(count -> log.error(
                "Gave up {} after {} attempts: {}; what follows of its aggregate waits ({} dead since the last message)."
                        + " See tidemark inbox --help.",
                event,
                attempts,
                failure.getClass().getName(),
                count));
    }

    /** The class of the failure and not its message, which may quote the payload. */
    @Override
    public void failed(@Nullable Envelope event, Exception failure) {
        failures.run(count -> log.warn(
                "Could not handle {}: {} ({} failures since the last warning).",
                event == null ? "a delivery" : event,
                failure.getClass().getName(),
                count));
    }
}
