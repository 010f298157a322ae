package dev.tidemark.inbox;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
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
 *
 * <p>A source that went back to an older state (<code>tidemark adopt-restore</code>) sends what it has again, in a new epoch:
 * versioned events of it are handled once more, with the same ids. What must not happen even then, such as a second
 * payment, is a row with a unique key on {@link Envelope#id()}, inserted in the handler's transaction with
 * <code>on conflict do nothing</code>.
 */
public final class Inbox {

    private static final Pattern CONSUMER = Pattern.compile("[a-z][a-z0-9-]{0,62}");

    private final String consumer;
    private final Taking taking;
    private final Gaps gaps;
    private final Duration gapPatience;
    private final InboxListener listener;
    private final InstantSource clock;
    private final Arrivals arrivals = new Arrivals();

    private Inbox(Builder b) {
        this.consumer = b.consumer;
        this.gaps = new Gaps(b.gapPolicy, b.firstEvent == null ? FirstEvent.FIRST_SEEN : b.firstEvent);
        this.taking = new Taking(b.consumer, new BoundedWait(b.lockTimeout), gaps, b.listener);
        this.gapPatience = b.gapPatience;
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
     * <p>An event that has to wait, see {@link Outcome#WAITING}, is kept in that transaction and handled later, by a
     * {@link WaitingSubscription}.
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
        Handled handled = take(tx, event, handler, true);
        handled.tell(listener, clock.instant());
        return handled.outcome();
    }

    /**
     * As {@link #handle}, but the listener is not told of success: a subscription does that after its commit.
     *
     * @param wanted false if the handler is there only to let the event pass
     */
    <X extends Exception> Handled take(Connection tx, Envelope event, Handler<X> handler, boolean wanted)
            throws SQLException, X {
        return taking.take(tx, event, handler, wanted);
    }

    /**
     * To be called after the commit of a transaction in which {@link #handle} was called: wakes those who await the event
     * in this process, who would find it within 250 ms otherwise, and counts for {@link ReadModel#freshness()}.
     * Subscriptions do it themselves.
     *
     * @param outcome what {@link #handle} returned
     */
    public void committed(Envelope event, Outcome outcome) {
        arrivals.committed(new Handled(event, outcome, 0, false), clock.instant());
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
        return taking.handledVersion(connection, aggregate);
    }

    Instant now() {
        return clock.instant();
    }

    Gaps gaps() {
        return gaps;
    }

    Duration gapPatience() {
        return gapPatience;
    }

    Taking taking() {
        return taking;
    }

    InboxListener listener() {
        return listener;
    }

    /** Collects the settings of an {@link Inbox}; for one thread. */
    public static final class Builder {

        private final String consumer;
        private GapPolicy gapPolicy = GapPolicy.REPORT;
        private @Nullable FirstEvent firstEvent;
        private Duration lockTimeout = Duration.ofSeconds(2);
        private Duration gapPatience = Duration.ofMinutes(1);
        private InboxListener listener = InboxListener.logging();
        private InstantSource clock = InstantSource.system();

        private Builder(String consumer) {
            this.consumer = consumer;
        }

        /**
         * What becomes of an event whose predecessor was never seen; {@link GapPolicy#REPORT} by default. Others need a
         * {@link #firstEvent}, too.
         */
        public Builder gapPolicy(GapPolicy gapPolicy) {
            this.gapPolicy = requireNonNull(gapPolicy, "gapPolicy");
            return this;
        }

        /**
         * Where aggregates begin; {@link FirstEvent#FIRST_SEEN} by default, and to be said where the {@link #gapPolicy} is
         * another one than {@link GapPolicy#REPORT}.
         */
        public Builder firstEvent(FirstEvent firstEvent) {
            this.firstEvent = requireNonNull(firstEvent, "firstEvent");
            return this;
        }

        /** How long to wait for another delivery of the same aggregate, from 1 ms to 1 h; 2 s by default. */
        public Builder lockTimeout(Duration lockTimeout) {
            this.lockTimeout = requireNonNull(lockTimeout, "lockTimeout");
            return this;
        }

        /**
         * How long an event waits for what is missing before the listener is told of the gap, from 1 ms; a minute by
         * default. For {@link GapPolicy#WAIT}; the event waits on.
         */
        public Builder gapPatience(Duration gapPatience) {
            if (gapPatience.toMillis() < 1) {
                throw new IllegalArgumentException("gapPatience must be at least 1 ms, but was: " + gapPatience);
            }
            this.gapPatience = gapPatience;
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
         * @throws IllegalArgumentException if the lock timeout is out of bounds, or nothing says where aggregates begin
         *     though later events are to wait or to be refused
         */
        public Inbox build() {
            if (firstEvent == null && gapPolicy != GapPolicy.REPORT) {
                throw new IllegalArgumentException("with GapPolicy." + gapPolicy + " firstEvent is required:"
                        + " FirstEvent.BEGINNING if this consumer has had every event from version 1 on, or else the first"
                        + " version to come counts as the first there is (FirstEvent.FIRST_SEEN), and an earlier one that"
                        + " it has overtaken as a duplicate");
            }
            return new Inbox(this);
        }
    }
}
