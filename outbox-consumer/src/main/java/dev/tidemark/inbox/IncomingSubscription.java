package dev.tidemark.inbox;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Handles the events that a relay puts into the table {@code incoming} of this service's database. Each is handled in a
 * transaction of its own, in order per aggregate, and marked as handled in that transaction: no broker, and nothing to
 * acknowledge.
 *
 * <pre>{@code
 * IncomingSubscription subscription = IncomingSubscription.builder()
 *         .inbox(Inbox.of("reporting")).dataSource(pool)          // the relay's name for the subscriber
 *         .on("order-placed", reports::add)
 *         .build();
 * try (IncomingReader reader = subscription.start()) { … }
 * }</pre>
 *
 * <p>Several of these may run at once, in one process or in many: of one aggregate, one event at a time is handled. One that
 * fails is tried again, after a wait that grows, and only its aggregate waits for it.
 *
 * <p>Rows stay after they were handled, as the relay may send the same event again, and are then deleted by this.
 */
public final class IncomingSubscription {

    private static final Duration FIRST_WAIT = Duration.ofMillis(100);

    private final Inbox inbox;
    private final DataSource dataSource;
    private final Dispatch dispatch;
    private final int threads;
    private final String channel;
    private final Duration poll;
    private final Duration longestWait;
    private final Duration keep;
    private final Duration stopDeadline;

    private IncomingSubscription(Builder b) {
        this.inbox = requireNonNull(b.inbox, "inbox is required, such as .inbox(Inbox.of(\"reporting\"))");
        this.dataSource = requireNonNull(b.dataSource, "dataSource is required: the pool of the inbox's database");
        this.dispatch = new Dispatch(b.handlers, b.unknownType);
        this.threads = b.threads;
        this.channel = b.channel;
        this.poll = b.poll;
        this.longestWait = b.longestWait;
        this.keep = b.keep;
        this.stopDeadline = b.stopDeadline;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Reads on threads of its own until that is closed. */
    public IncomingReader start() {
        Backoffs backoffs = new Backoffs(FIRST_WAIT, longestWait, System::nanoTime);
        IncomingReader reader = new IncomingReader(
                new Intake(inbox, dataSource, dispatch),
                new IncomingTable(inbox.consumer()),
                backoffs,
                new IncomingReader.Pace(threads, poll, keep, stopDeadline),
                channel.isEmpty() ? null : new Notifications(dataSource, channel, inbox.consumer()));
        reader.start();
        return reader;
    }

    /** Collects the settings of an {@link IncomingSubscription}; for one thread. */
    public static final class Builder {

        private static final Pattern CHANNEL = Pattern.compile("([a-z_][a-z0-9_]{0,62})?");

        private @Nullable Inbox inbox;
        private @Nullable DataSource dataSource;
        private final Map<String, Handler<?>> handlers = new HashMap<>();
        private UnknownType unknownType = UnknownType.IGNORE;
        private int threads = 4;
        private String channel = "tidemark_incoming";
        private Duration poll = Duration.ofSeconds(1);
        private Duration longestWait = Duration.ofSeconds(30);
        private Duration keep = Duration.ofDays(1);
        private Duration stopDeadline = Duration.ofSeconds(10);

        private Builder() {}

        /** Whose memory decides what is new; its consumer is the name of the relay's subscriber. Required. */
        public Builder inbox(Inbox inbox) {
            this.inbox = requireNonNull(inbox, "inbox");
            return this;
        }

        /** A pool for the database of the table, the inbox and all effects; required. Has auto-commit switched off. */
        public Builder dataSource(DataSource dataSource) {
            this.dataSource = requireNonNull(dataSource, "dataSource");
            return this;
        }

        /**
         * What to do with events of one type.
         *
         * @param type exactly as it stands on the wire, with the relay's {@code typeprefix} if it has one
         * @throws IllegalArgumentException if there is a handler for it already
         */
        public Builder on(String type, Handler<?> handler) {
            if (handlers.putIfAbsent(requireNonNull(type, "type"), requireNonNull(handler, "handler")) != null) {
                throw new IllegalArgumentException("there is a handler for " + type + " already; one type has one");
            }
            return this;
        }

        /** What becomes of other types; {@link UnknownType#IGNORE} by default. One that is refused is tried again. */
        public Builder unknownType(UnknownType unknownType) {
            this.unknownType = requireNonNull(unknownType, "unknownType");
            return this;
        }

        /** How many events are handled at once, at most, from 1; 4 by default. The pool needs one connection more. */
        public Builder threads(int threads) {
            if (threads < 1) {
                throw new IllegalArgumentException("threads must be at least 1, but was: " + threads);
            }
            this.threads = threads;
            return this;
        }

        /** That the relay notifies, {@code tidemark_incoming} by default; empty to look every {@link #poll} only. */
        public Builder channel(String channel) {
            if (!CHANNEL.matcher(channel).matches()) {
                throw new IllegalArgumentException("channel must be a name of a-z, 0-9 and _, at most 63 long, or empty"
                        + " for none, but was: " + channel);
            }
            this.channel = channel;
            return this;
        }

        /** How often to look where nothing is notified, from 1 ms; 1 s by default. */
        public Builder poll(Duration poll) {
            this.poll = positive("poll", poll);
            return this;
        }

        /** The longest wait before what failed is tried again, from 1 ms; 30 s by default. The first is 100 ms. */
        public Builder longestWait(Duration longestWait) {
            this.longestWait = positive("longestWait", longestWait);
            return this;
        }

        /** How long rows stay after they were handled, from 1 ms; a day by default. */
        public Builder keep(Duration keep) {
            this.keep = positive("keep", keep);
            return this;
        }

        /** How long closing waits for events that are being handled; 10 s by default. */
        public Builder stopDeadline(Duration stopDeadline) {
            this.stopDeadline = requireNonNull(stopDeadline, "stopDeadline");
            return this;
        }

        /**
         * The subscription. Nothing runs yet.
         *
         * @throws NullPointerException if inbox or data source is missing
         */
        public IncomingSubscription build() {
            return new IncomingSubscription(this);
        }

        private static Duration positive(String name, Duration value) {
            if (value.toMillis() < 1) {
                throw new IllegalArgumentException(name + " must be at least 1 ms, but was: " + value);
            }
            return value;
        }
    }
}
