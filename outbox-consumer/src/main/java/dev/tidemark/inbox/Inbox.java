package dev.tidemark.inbox;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A service's memory of the events it has handled, kept in the database of its effects: however often an
 * event is delivered, its handler takes effect once.
 *
 * <pre>{@code
 * Inbox inbox = Inbox.of("shipping");
 * inbox.handle(tx, event, (connection, placed) -> shipments.plan(connection, placed));
 * tx.commit();                                   // then acknowledge
 * }</pre>
 *
 * <p>Of an aggregate with versions only the newest is remembered, so there is no window of deduplication to
 * outgrow. Of an unversioned event its id is.
 */
public final class Inbox {

    private static final Pattern CONSUMER = Pattern.compile("[a-z][a-z0-9-]{0,62}");

    private final String consumer;
    private final WatermarkTable watermarks;
    private final SeenTable seen;
    private final GapPolicy gapPolicy;
    private final FirstEvent firstEvent;
    private final InboxListener listener;
    private final InstantSource clock;
    private final Arrivals arrivals = new Arrivals();

    private Inbox(Builder b) {
        BoundedWait wait = new BoundedWait(b.lockTimeout);
        this.consumer = b.consumer;
        this.watermarks = new WatermarkTable(b.consumer, wait);
        this.seen = new SeenTable(b.consumer, wait);
        this.gapPolicy = b.gapPolicy;
        this.firstEvent = b.firstEvent;
        this.listener = b.listener;
        this.clock = b.clock;
    }

    /** The inbox of {@code consumer} with the defaults of {@link Builder}. */
    public static Inbox of(String consumer) {
        return builder(consumer).build();
    }

    /**
     * Begins an inbox.
     *
     * @param consumer whose memory it is, such as {@code shipping}; two consumers in one database each handle
     *     every event
     * @throws IllegalArgumentException if the name does not match {@code [a-z][a-z0-9-]{0,62}}
     */
    public static Builder builder(String consumer) {
        if (!CONSUMER.matcher(consumer).matches()) {
            throw new IllegalArgumentException(
                    "consumer must match " + CONSUMER + ", such as shipping, but was: " + consumer);
        }
        return new Builder(consumer);
    }

    /** Whose inbox this is. */
    public String consumer() {
        return consumer;
    }

    /**
     * Runs {@code handler} in the transaction now open on {@code tx}, unless the event was handled before. When
     * that transaction commits, the event is handled; when it rolls back, it never was. Deliveries of one
     * aggregate pass one after the other: the second waits until the first has committed or rolled back.
     *
     * <p>A state ({@code redelivery} begins with {@code state:}) tells the handler what the aggregate is at a version, or,
     * without data, that there is none. It is handled unless a newer version was, and what was missing before it counts
     * as handled.
     *
     * <p>Acknowledge the event after the commit, whatever the outcome, and call {@link #committed}. After an exception
     * roll back. Should the caller commit all the same, the event still does not count as handled.
     *
     * @throws IllegalStateException if {@code tx} is in auto-commit mode: effect and memory would not be one
     * @throws IllegalArgumentException if the event's version is less than 1; if a state's is less than 0 or missing
     * @throws VersionConflict if another event with this version of the aggregate was handled
     * @throws VersionGap if earlier events are missing and {@link GapPolicy#FAIL} was chosen
     * @throws UnsupportedRedelivery if the event is a redelivery other than {@code replay:} and {@code state:}
     * @throws InboxLocked if another transaction is busy with the aggregate for longer than the lock timeout
     * @throws SQLException if the inbox cannot be read or written
     * @throws X if the handler does
     */
    public <X extends Exception> Outcome handle(Connection tx, Envelope event, Handler<X> handler)
            throws SQLException, X {
        Handled handled = take(tx, event, handler);
        handled.tell(listener, clock.instant());
        return handled.outcome();
    }

    /** As {@link #handle}, but the listener is not told of success: a subscription does that after its commit. */
    <X extends Exception> Handled take(Connection tx, Envelope event, Handler<X> handler) throws SQLException, X {
        requireTransaction(tx, event);
        Long version = event.aggregateVersion();
        if (Redelivery.of(event) == Redelivery.STATE) {
            return takeState(tx, event, version, handler);
        }
        return version == null ? takeUnversioned(tx, event, handler) : takeVersioned(tx, event, version, handler);
    }

    /**
     * To be called after the commit of a transaction in which {@link #handle} was called: wakes those who await the event
     * in this process, who would find it within 250 ms otherwise, and counts for {@link ReadModel#freshness()}.
     * Subscriptions do it themselves.
     *
     * @param outcome what {@link #handle} returned
     */
    public void committed(Envelope event, Outcome outcome) {
        arrivals.committed(new Handled(event, outcome, 0), clock.instant());
    }

    /** After the commit. */
    void tell(Handled handled) {
        Instant now = clock.instant();
        arrivals.committed(handled, now);
        handled.tell(listener, now);
    }

    Arrivals arrivals() {
        return arrivals;
    }

    /** The newest version of an aggregate that is handled; 0 if none is. */
    long handledVersion(Connection connection, Aggregate aggregate) throws SQLException {
        return watermarks.version(connection, aggregate);
    }

    Instant now() {
        return clock.instant();
    }

    /** Whether an event is handled only when all before it were: so it may be delivered in any order. */
    boolean waitsForEarlierEvents() {
        return gapPolicy == GapPolicy.FAIL && firstEvent == FirstEvent.BEGINNING;
    }

    InboxListener listener() {
        return listener;
    }

    private <X extends Exception> Handled takeVersioned(Connection tx, Envelope event, long version, Handler<X> handler)
            throws SQLException, X {
        if (version < 1) {
            throw new IllegalArgumentException("aggregate version must be 1 or more, but was: " + event);
        }
        Watermark watermark = watermarks.lock(tx, event);
        Outcome outcome = outcome(watermark, event, version);
        if (outcome.applied()) {
            handler.handle(tx, event);
            watermarks.advance(tx, event, version, event.id());
        }
        return new Handled(event, outcome, watermark.version() + 1);
    }

    /** Whatever is missing between, the state has it; whichever event had its version, it is in it. */
    private <X extends Exception> Handled takeState(
            Connection tx, Envelope event, @Nullable Long version, Handler<X> handler) throws SQLException, X {
        if (version == null || version < 0) {
            throw new IllegalArgumentException(
                    "state " + event + " must say the version that it is true for, 0 or more;"
                            + " unversioned aggregates have no states");
        }
        Watermark watermark = watermarks.lock(tx, event);
        if (watermark.isNewerThan(event, version)) {
            return new Handled(event, Outcome.DUPLICATE, 0);
        }
        StateMark.set(tx, event);
        handler.handle(tx, event);
        watermarks.advance(tx, event, version, null);
        return new Handled(event, Outcome.APPLIED, 0);
    }

    private Outcome outcome(Watermark watermark, Envelope event, long version) {
        return switch (watermark.of(event, version, firstEvent)) {
            case NEXT -> Outcome.APPLIED;
            case HANDLED -> Outcome.DUPLICATE;
            case EARLIER_EPOCH -> Outcome.STALE;
            case CONFLICT -> {
                UUID handledId = requireNonNull(watermark.id());
                listener.conflict(event, handledId);
                throw new VersionConflict(event, handledId);
            }
            case AFTER_GAP -> {
                if (gapPolicy == GapPolicy.FAIL) {
                    listener.gap(event, watermark.version() + 1);
                    throw new VersionGap(event, watermark.version() + 1);
                }
                yield Outcome.APPLIED_AFTER_GAP;
            }
        };
    }

    private <X extends Exception> Handled takeUnversioned(Connection tx, Envelope event, Handler<X> handler)
            throws SQLException, X {
        if (!seen.add(tx, event)) {
            return new Handled(event, Outcome.DUPLICATE, 0);
        }
        try {
            handler.handle(tx, event);
        } catch (Throwable t) {
            seen.remove(tx, event, t);
            throw t;
        }
        return new Handled(event, Outcome.APPLIED, 0);
    }

    private static void requireTransaction(Connection tx, Envelope event) throws SQLException {
        if (tx.getAutoCommit()) {
            throw new IllegalStateException("connection is in auto-commit mode, so event " + event.id()
                    + " and what its handler does would not be one transaction; call setAutoCommit(false) first");
        }
    }

    /** Collects the settings of an {@link Inbox}; for one thread. */
    public static final class Builder {

        private final String consumer;
        private GapPolicy gapPolicy = GapPolicy.REPORT;
        private FirstEvent firstEvent = FirstEvent.FIRST_SEEN;
        private Duration lockTimeout = Duration.ofSeconds(2);
        private InboxListener listener = InboxListener.logging();
        private InstantSource clock = InstantSource.system();

        private Builder(String consumer) {
            this.consumer = consumer;
        }

        /** What becomes of an event whose predecessor was never seen; {@link GapPolicy#REPORT} by default. */
        public Builder gapPolicy(GapPolicy gapPolicy) {
            this.gapPolicy = requireNonNull(gapPolicy, "gapPolicy");
            return this;
        }

        /** Where aggregates begin; {@link FirstEvent#FIRST_SEEN} by default. */
        public Builder firstEvent(FirstEvent firstEvent) {
            this.firstEvent = requireNonNull(firstEvent, "firstEvent");
            return this;
        }

        /** How long to wait for another delivery of the same aggregate, from 1 ms to 1 h; 2 s by default. */
        public Builder lockTimeout(Duration lockTimeout) {
            this.lockTimeout = requireNonNull(lockTimeout, "lockTimeout");
            return this;
        }

        /** Who hears what happens; {@link InboxListener#logging} by default. */
        public Builder listener(InboxListener listener) {
            this.listener = requireNonNull(listener, "listener");
            return this;
        }

        /** What the lag is measured with. */
        public Builder clock(InstantSource clock) {
            this.clock = requireNonNull(clock, "clock");
            return this;
        }

        /**
         * The inbox.
         *
         * @throws IllegalArgumentException if the lock timeout is out of bounds
         */
        public Inbox build() {
            return new Inbox(this);
        }
    }
}
