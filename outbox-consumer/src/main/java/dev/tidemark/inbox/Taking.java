package dev.tidemark.inbox;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How an {@link Inbox} takes an event: whether its handler runs, and what is remembered of it, in the caller's transaction
 * and with the lock on what is known of its aggregate.
 */
final class Taking {

    private final WatermarkTable watermarks;
    private final SeenTable seen;
    private final KeptEvents kept;
    private final Gaps gaps;
    private final InboxListener listener;

    Taking(String consumer, BoundedWait wait, Gaps gaps, InboxListener listener) {
        this.watermarks = new WatermarkTable(consumer, wait);
        this.seen = new SeenTable(consumer, wait);
        this.kept = new KeptEvents(consumer);
        this.gaps = gaps;
        this.listener = listener;
    }

    KeptEvents kept() {
        return kept;
    }

    /** The newest version of an aggregate that is handled; 0 if none is. */
    long handledVersion(Connection connection, Aggregate aggregate) throws SQLException {
        return watermarks.version(connection, aggregate);
    }

    /** As {@link Inbox#take}. */
    <X extends Exception> Handled take(Connection tx, Envelope event, Handler<X> handler, boolean wanted)
            throws SQLException, X {
        return take(tx, new Coming(event, wanted, null), handler);
    }

    private <X extends Exception> Handled take(Connection tx, Coming coming, Handler<X> handler)
            throws SQLException, X {
        Envelope event = coming.event();
        requireTransaction(tx, event);
        Long version = event.aggregateVersion();
        if (Redelivery.of(event) == Redelivery.STATE) {
            return takeState(tx, coming, version, handler);
        }
        return version == null ? takeUnversioned(tx, coming, handler) : takeVersioned(tx, coming, version, handler);
    }

    /**
     * An event that comes to be handled.
     *
     * @param wanted whether there is a handler for its type
     * @param kept as what it was kept until now; null if it was delivered
     */
    private record Coming(Envelope event, boolean wanted, KeptEvents.@Nullable Kept kept) {}

    private <X extends Exception> Handled takeVersioned(Connection tx, Coming coming, long version, Handler<X> handler)
            throws SQLException, X {
        Envelope event = coming.event();
        if (version < 1) {
            throw new IllegalArgumentException("aggregate version must be 1 or more, but was: " + event);
        }
        Watermark watermark = watermarks.lock(tx, event);
        Outcome outcome = outcome(tx, coming, watermark, version);
        if (outcome.applied()) {
            handler.handle(tx, event);
            watermarks.advance(tx, event, version, event.id());
        } else if (outcome == Outcome.WAITING) {
            kept.letWait(tx, event, coming.wanted());
            if (!watermark.held()) {
                watermarks.hold(tx, event.aggregate());
            }
        }
        return handled(tx, coming, outcome, watermark);
    }

    /** Whatever is missing between, the state has it; whichever event had its version, it is in it. */
    private <X extends Exception> Handled takeState(
            Connection tx, Coming coming, @Nullable Long version, Handler<X> handler) throws SQLException, X {
        Envelope event = coming.event();
        if (version == null || version < 0) {
            throw new IllegalArgumentException(
                    "state " + event + " must say the version that it is true for, 0 or more;"
                            + " unversioned aggregates have no states");
        }
        Watermark watermark = watermarks.lock(tx, event);
        if (watermark.isNewerThan(event, version)) {
            return handled(tx, coming, Outcome.DUPLICATE, watermark);
        }
        StateMark.set(tx, event);
        handler.handle(tx, event);
        watermarks.advance(tx, event, version, null);
        return handled(tx, coming, Outcome.APPLIED, watermark);
    }

    private Outcome outcome(Connection tx, Coming coming, Watermark watermark, long version) throws SQLException {
        Envelope event = coming.event();
        Watermark.Position position = watermark.of(event, version, gaps.firstEvent());
        Outcome held = position == Watermark.Position.NEXT || position == Watermark.Position.AFTER_GAP
                ? outcomeIfHeld(tx, coming, watermark.held())
                : null;
        if (held != null) {
            return held;
        }
        return switch (position) {
            case NEXT -> Outcome.APPLIED;
            case HANDLED -> Outcome.DUPLICATE;
            case EARLIER_EPOCH -> Outcome.STALE;
            case CONFLICT -> {
                UUID handledId = requireNonNull(watermark.id());
                listener.conflict(event, handledId);
                throw new VersionConflict(event, handledId);
            }
            case AFTER_GAP ->
                switch (gaps.gapPolicy()) {
                    case REPORT -> Outcome.APPLIED_AFTER_GAP;
                    case WAIT -> Outcome.WAITING;
                    case FAIL -> {
                        listener.gap(event, watermark.version() + 1);
                        throw new VersionGap(event, watermark.version() + 1);
                    }
                };
        };
    }

    /** What is kept of an aggregate goes first; null if nothing before this event is. */
    private @Nullable Outcome outcomeIfHeld(Connection tx, Coming coming, boolean held) throws SQLException {
        if (!held || coming.kept() != null) {
            return null;
        }
        KeptEvents.Place place = kept.placeOf(tx, coming.event());
        if (place.dead()) {
            return Outcome.DEAD;
        }
        return place.behind() ? Outcome.WAITING : null;
    }

    private Handled handled(Connection tx, Coming coming, Outcome outcome, Watermark watermark) throws SQLException {
        boolean held = watermark.held() || outcome == Outcome.WAITING;
        if (coming.kept() != null && outcome != Outcome.WAITING) {
            kept.forget(tx, coming.kept());
            held = watermarks.holdsStill(tx, coming.event().aggregate());
        }
        return new Handled(coming.event(), outcome, watermark.version() + 1, held);
    }

    private <X extends Exception> Handled takeUnversioned(Connection tx, Coming coming, Handler<X> handler)
            throws SQLException, X {
        Envelope event = coming.event();
        SeenTable.Claim claim = seen.add(tx, event);
        Watermark none = new Watermark(0, Watermark.NOTHING, null, claim.held());
        if (!claim.isNew()) {
            return handled(tx, coming, Outcome.DUPLICATE, none);
        }
        try {
            Outcome held = claim.held()
                    ? outcomeIfHeld(tx, coming, watermarks.lock(tx, event).held())
                    : null;
            if (held != null) {
                seen.remove(tx, event);
                if (held == Outcome.WAITING) {
                    kept.letWait(tx, event, coming.wanted());
                }
                return handled(tx, coming, held, none);
            }
            handler.handle(tx, event);
        } catch (Throwable t) {
            seen.remove(tx, event, t);
            throw t;
        }
        return handled(tx, coming, Outcome.APPLIED, none);
    }

    /**
     * The event that is kept of an aggregate and whose turn has come, with the lock of the aggregate.
     *
     * @param types that there are handlers for
     * @return null if there is none; the transaction may have changed something and is to be committed
     */
    KeptEvents.@Nullable Kept nextKept(Connection tx, Aggregate aggregate, Set<String> types) throws SQLException {
        Watermark watermark = watermarks.lock(tx, aggregate, "what waits of it");
        if (!watermark.held()) {
            return null;
        }
        KeptEvents.Kept first = kept.first(tx, aggregate);
        if (first == null) {
            watermarks.holdsStill(tx, aggregate);
            return null;
        }
        return isTurnOf(first, watermark, types) ? first : null;
    }

    private boolean isTurnOf(KeptEvents.Kept first, Watermark watermark, Set<String> types) {
        Envelope event = first.event();
        if (!isKnown(event)) {
            return first.retry();
        }
        boolean canBeHandled = !first.wanted() || types.contains(event.type());
        Long version = event.aggregateVersion();
        if (version == null) {
            return canBeHandled && (!first.dead() || first.retry());
        }
        if (isOver(event, version, watermark)) {
            return true;
        }
        if (first.dead()) {
            return canBeHandled && first.retry();
        }
        boolean afterGap = watermark.of(event, version, gaps.firstEvent()) == Watermark.Position.AFTER_GAP;
        return canBeHandled && (!afterGap || gaps.gapPolicy() == GapPolicy.REPORT);
    }

    /** Whether it need not be handled any more, whatever becomes of it. */
    private boolean isOver(Envelope event, long version, Watermark watermark) {
        if (Redelivery.of(event) == Redelivery.STATE) {
            return watermark.isNewerThan(event, version);
        }
        Watermark.Position position = watermark.of(event, version, gaps.firstEvent());
        return position == Watermark.Position.HANDLED || position == Watermark.Position.EARLIER_EPOCH;
    }

    /** Handles what {@link #nextKept} found, in the same transaction, and keeps it no more. */
    <X extends Exception> Handled takeKept(Connection tx, KeptEvents.Kept next, Handler<X> handler)
            throws SQLException, X {
        return take(tx, new Coming(next.event(), next.wanted(), next), handler);
    }

    /**
     * Makes an event dead, unless it was handled meanwhile: then it is kept no more.
     *
     * @param attempts that have failed since it was dead before, or at all
     * @param reason for a person
     * @return whether it is dead now
     */
    boolean bury(Connection tx, Envelope event, boolean wanted, int attempts, String reason) throws SQLException {
        requireTransaction(tx, event);
        Watermark watermark = watermarks.lock(tx, event);
        Long version = event.aggregateVersion();
        boolean over = version == null ? seen.has(tx, event) : isKnown(event) && isOver(event, version, watermark);
        if (!over) {
            kept.bury(tx, event, wanted, attempts, reason);
            watermarks.hold(tx, event.aggregate());
        } else if (watermark.held()) {
            kept.forget(tx, event);
            watermarks.holdsStill(tx, event.aggregate());
        }
        return !over;
    }

    /**
     * What came of passing over an event.
     *
     * @param done whether it was dead still, and counts as handled now
     * @param earlier what keeps it from that, and would be lost; null if nothing does
     */
    record Skip(boolean done, KeptEvents.@Nullable Earlier earlier) {}

    /** Has a dead event count as handled, though it never was, unless one that is kept comes before it. */
    Skip skip(Connection tx, Envelope event) throws SQLException {
        requireTransaction(tx, event);
        Watermark watermark = watermarks.lock(tx, event);
        if (!kept.placeOf(tx, event).dead()) {
            return new Skip(false, null);
        }
        Long version = event.aggregateVersion();
        if (version == null) {
            seen.add(tx, event);
        } else if (isKnown(event)
                && Redelivery.of(event) != Redelivery.STATE
                && !isOver(event, version, watermark)
                && watermark.of(event, version, gaps.firstEvent()) != Watermark.Position.CONFLICT) {
            KeptEvents.Earlier earlier = kept.before(tx, event);
            if (earlier != null) {
                return new Skip(false, earlier);
            }
            watermarks.advance(tx, event, version, event.id());
        }
        kept.forgetDead(tx, event);
        watermarks.holdsStill(tx, event.aggregate());
        return new Skip(true, null);
    }

    /**
     * Has the events count as handled that are missing before the first one that waits.
     *
     * @return whether any were, and nothing dead is before it
     */
    boolean passGap(Connection tx, Aggregate aggregate) throws SQLException {
        Watermark watermark = watermarks.lock(tx, aggregate, "to pass its gap");
        KeptEvents.Kept first = kept.first(tx, aggregate);
        if (first == null || first.dead()) {
            return false;
        }
        Envelope event = first.event();
        Long version = event.aggregateVersion();
        if (version == null || watermark.of(event, version, gaps.firstEvent()) != Watermark.Position.AFTER_GAP) {
            return false;
        }
        watermarks.advance(tx, event, version - 1, null);
        return true;
    }

    private static boolean isKnown(Envelope event) {
        try {
            return Redelivery.of(event) != null;
        } catch (UnsupportedRedelivery e) {
            return false;
        }
    }

    private static void requireTransaction(Connection tx, Envelope event) throws SQLException {
        if (tx.getAutoCommit()) {
            throw new IllegalStateException("connection is in auto-commit mode, so event " + event.id()
                    + " and what its handler does would not be one transaction; call setAutoCommit(false) first");
        }
    }
}
