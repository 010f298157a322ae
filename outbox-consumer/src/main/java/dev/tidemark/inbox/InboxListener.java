package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Hears what happens to events, for metrics and alarms. Called by the thread that handles the event; it must
 * be quick and safe for many threads.
 *
 * <p>{@link Inbox#handle} calls it inside the transaction, which may still be rolled back; a subscription calls
 * it after the commit. What it throws fails the event in the first case and is logged in the second.
 */
public interface InboxListener {

    /**
     * The handler ran.
     *
     * @param lag from the event's own time to now; negative if the writer's clock is ahead of ours
     */
    default void applied(Envelope event, Duration lag) {}

    /** The event was handled before. */
    default void duplicate(Envelope event) {}

    /** The event is from before its source went back to an older state. */
    default void stale(Envelope event) {}

    /**
     * Events before this one were never seen. {@link GapPolicy} says what became of it; if it was handled,
     * {@link #applied} is called too. With {@link GapPolicy#WAIT} only once the gap has stayed for
     * {@link Inbox.Builder#gapPatience}, and again each time that this has passed.
     *
     * @param expectedVersion the first that is missing
     */
    default void gap(Envelope event, long expectedVersion) {}

    /**
     * The event waits in the inbox: with {@link GapPolicy#WAIT} for what is missing, or because an earlier event of its
     * aggregate waits or is dead.
     *
     * @param expectedVersion the one that is next
     */
    default void waiting(Envelope event, long expectedVersion) {}

    /**
     * The event cannot be handled. It stands in {@code inbox_dead}, and what follows of its aggregate waits, until a person
     * has it retried or skipped.
     *
     * @param attempts that failed
     * @param failure the last of them; may hold parts of the payload
     */
    default void dead(Envelope event, int attempts, Exception failure) {}

    /** The event was refused: another event with its version, {@code handledId}, was handled before. */
    default void conflict(Envelope event, UUID handledId) {}

    /**
     * A subscription could not handle a delivery, and nothing of it was kept.
     *
     * @param event null if it could not be read
     * @param failure what happened; may hold parts of the payload
     */
    default void failed(@Nullable Envelope event, Exception failure) {}

    /**
     * An event that a read model follows is committed; told by subscriptions, and by {@link Inbox#committed}. Not of
     * redeliveries, which are late on purpose.
     *
     * @param readModel its table
     * @param lag from the event's own time to its commit here; negative if the writer's clock is ahead of ours
     */
    default void followed(String readModel, Envelope event, Duration lag) {}

    /**
     * Somebody waited for a read model; called by that thread.
     *
     * @param readModel its table
     */
    default void awaited(String readModel, Awaited awaited) {}

    /** Tells several, in this order; what one throws keeps the event from those behind it. */
    static InboxListener all(InboxListener... listeners) {
        return new Listeners(List.of(listeners));
    }

    /** Hears nothing. */
    static InboxListener silent() {
        return Silent.LISTENER;
    }

    /**
     * The default: warns of gaps, conflicts and failures, each at most once a minute with the number since the
     * last warning, and never logs a payload.
     */
    static InboxListener logging() {
        return new LoggingListener(System::nanoTime);
    }
}
