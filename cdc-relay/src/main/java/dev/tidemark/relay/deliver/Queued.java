package dev.tidemark.relay.deliver;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.backlog.Arrival;
import dev.tidemark.relay.backlog.Entry;
import dev.tidemark.relay.backlog.State;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An event that a lane has to deliver, and how often it was tried. It is live, and holds the slot, or stored in
 * the backlog at a position. Belongs to whoever owns the lane at the moment once it is taken from the queue.
 */
final class Queued {

    final Envelope envelope;
    final Instant committedAt;
    final int bytes;
    /** Whether an earlier run may have had it. */
    final boolean maybeResent;

    private final int attemptsBefore;
    private InFlight.@Nullable Entry entry; // null once it is settled, and if it came from the backlog
    private long position; // 0 while it is not stored, below it if it is ahead of what came live
    private int failures;
    private long firstFailedAt;
    private @Nullable String lastReason;
    private @Nullable String deathReason;
    private Arrival.@Nullable Cause cause; // why it is to be stored; null if it is not
    private boolean maybeStored;
    private boolean passed;

    private Queued(
            Envelope envelope,
            Instant committedAt,
            InFlight.@Nullable Entry entry,
            long position,
            boolean maybeResent,
            int attemptsBefore) {
        this.envelope = envelope;
        this.committedAt = committedAt;
        this.bytes = envelope.approximateBytes();
        this.entry = entry;
        this.position = position;
        this.maybeResent = maybeResent;
        this.attemptsBefore = attemptsBefore;
    }

    static Queued live(Envelope envelope, Instant committedAt, InFlight.Entry entry, boolean maybeResent) {
        return new Queued(envelope, committedAt, entry, 0, maybeResent, 0);
    }

    static Queued stored(Entry row) {
        return new Queued(row.envelope(), row.committedAt(), null, row.position(), false, row.attempts());
    }

    Aggregate aggregate() {
        return envelope.aggregate();
    }

    /** Whether the slot waits for it. */
    boolean isLive() {
        return entry != null;
    }

    boolean isStored() {
        return position != 0;
    }

    /** This subscriber has it, or the backlog has. */
    void settle() {
        if (entry != null) {
            entry.settled();
            entry = null;
        }
    }

    void storedAt(long where) {
        position = where;
    }

    boolean isBehind() {
        return entry != null && entry.isBehind();
    }

    void failed(String reason, long now) {
        if (failures == 0) {
            firstFailedAt = now;
        }
        failures++;
        lastReason = reason;
    }

    /** In a row, since it came into hand. */
    int failures() {
        return failures;
    }

    boolean hasFailedFor(long nanos, long now) {
        return failures > 0 && now - firstFailedAt >= nanos;
    }

    long firstFailedAt() {
        return firstFailedAt;
    }

    @Nullable
    String lastReason() {
        return lastReason;
    }

    int attempts() {
        return attemptsBefore + failures;
    }

    /** It is to be stored; to wait, unless it has been {@linkplain #rejected rejected}. */
    void storeAs(Arrival.Cause why) {
        cause = why;
    }

    boolean isToBeStored() {
        return cause != null;
    }

    void rejected(String reason) {
        deathReason = reason;
        lastReason = reason;
        failures++;
    }

    /** The backlog knew it, and has settled it: nobody has to do anything more. */
    void pass() {
        passed = true;
    }

    boolean isPassed() {
        return passed;
    }

    /** A try to store it ended in uncertainty: it may be in the backlog already. */
    void maybeStored() {
        maybeStored = true;
    }

    boolean isMaybeStored() {
        return maybeStored;
    }

    boolean isDead() {
        return deathReason != null;
    }

    Arrival arrival() {
        boolean dead = isDead();
        Arrival.Cause why = dead ? Arrival.Cause.REJECTED : requireNonNull(cause, "nobody wants it stored");
        State state = dead ? State.DEAD : State.WAITING;
        return new Arrival(envelope.id(), envelope, null, committedAt, state, why, attempts(), lastReason);
    }
}
