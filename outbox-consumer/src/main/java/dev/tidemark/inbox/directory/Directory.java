package dev.tidemark.inbox.directory;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Receipt;
import dev.tidemark.envelope.Receipts;
import dev.tidemark.inbox.ReadModel;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Looks up what another service owns. The replica is asked first, without leaving this service. The owner is asked where the
 * replica is older than the caller allows, behind the caller's receipt, or has no such row.
 *
 * <pre>{@code
 * Directory<String, String> names = Directory.<String, String>builder()
 *         .replica(users, id -> new Aggregate("users", "", "user", id), replica::name)
 *         .owner(HttpOwner.<String, String>builder().client(http).uri(api::user).reader(Json::name).build())
 *         .maxStaleness(Duration.ofSeconds(30))
 *         .build();
 * Found<String> name = names.find("42", receipts);
 * }</pre>
 *
 * <p>What the owner answers is handed to the caller and kept nowhere. Only events write the replica: an answer has no place
 * in their order, so that one which was slow could bring back what a later event had changed or deleted.
 *
 * <p>Who asks for the same key at the same time shares one request, unless a receipt or the age demands a later one. It is
 * made by this service, with its rights: do not look up with it what not everybody who asks may see. Safe for many threads.
 */
public final class Directory<K, V> {

    private final ReadModel model;
    private final Function<K, Aggregate> aggregateOf;
    private final Replica<K, V> replica;
    private final @Nullable Owner<K, V> owner;
    private final Flights<K, Optional<Copy<V>>> flights;
    private final Duration patience;
    private final @Nullable Duration maxStaleness;
    private final WhenDown whenDown;

    private Directory(Builder<K, V> b) {
        this.model = requireNonNull(b.model, "replica is required").requireAwaitable();
        this.aggregateOf = requireNonNull(b.aggregateOf, "replica is required");
        this.replica = requireNonNull(b.replica, "replica is required");
        Guarded.Limits limits = new Guarded.Limits(b.timeout, b.retries, b.atOnce, b.failures, b.pause);
        this.owner = b.owner == null ? null : new Guarded<>(b.owner, limits, model.name());
        this.flights = new Flights<>(limits.longest());
        this.patience = b.patience;
        this.maxStaleness = b.maxStaleness;
        this.whenDown = b.whenDown;
    }

    public static <K, V> Builder<K, V> builder() {
        return new Builder<>();
    }

    /** As {@link #find(Object, Receipts)}, for somebody who has written nothing. */
    public Found<V> find(K key) throws SQLException, InterruptedException {
        return find(key, Receipts.none());
    }

    /**
     * What there is of a key, at least as new as the receipt of its aggregate, if there is one among {@code receipts}, and as
     * this directory's {@code maxStaleness}.
     *
     * @throws OwnerUnavailable if that can be had neither here nor from the owner, and {@link WhenDown#FAIL} was chosen
     * @throws SQLException if the replica cannot be read
     * @throws InterruptedException if the thread is interrupted
     */
    public Found<V> find(K key, Receipts receipts) throws SQLException, InterruptedException {
        return find(key, receipts, maxStaleness);
    }

    /**
     * As {@link #find(Object, Receipts)}.
     *
     * @param maxStaleness how old the replica may be, by its newest event; null if any age will do
     */
    public Found<V> find(K key, Receipts receipts, @Nullable Duration maxStaleness)
            throws SQLException, InterruptedException {
        Receipt receipt = receipts.about(aggregateOf.apply(key)).orElse(null);
        boolean caughtUp = receipt == null || isCaughtUp(receipt);
        Duration age = model.freshness().age(); // before the row is read, which can only be newer
        Optional<Copy<V>> copy = replica.find(key);
        boolean fresh = maxStaleness == null || (age != null && age.compareTo(maxStaleness) <= 0);
        boolean known = copy.isPresent() || receipt != null; // a receipt that is met, and no row: it was deleted
        if (caughtUp && fresh && (known || owner == null)) {
            return found(copy, Origin.REPLICA, age, null);
        }
        try {
            return fromOwner(key, receipt, maxStaleness);
        } catch (IOException e) {
            String why = whyNotReplica(caughtUp, fresh) + ", and its owner cannot be asked: " + Reasons.of(e);
            if (whenDown == WhenDown.FAIL) {
                throw new OwnerUnavailable(why, e);
            }
            return found(copy, Origin.REPLICA, age, why);
        }
    }

    /** One without a version cannot be waited for: only its owner knows. */
    private boolean isCaughtUp(Receipt receipt) throws SQLException, InterruptedException {
        return receipt.version() != null && model.await(receipt, patience).reached();
    }

    private String whyNotReplica(boolean caughtUp, boolean fresh) {
        String what = !caughtUp ? "is behind the receipt" : !fresh ? "is older than was asked for" : "has no such row";
        return model.name() + " " + what;
    }

    private Found<V> fromOwner(K key, @Nullable Receipt receipt, @Nullable Duration maxStaleness)
            throws IOException, InterruptedException {
        Owner<K, V> asked = owner;
        if (asked == null) {
            throw new IOException("this directory has none");
        }
        Flights.Landed<Optional<Copy<V>>> landed = flights.join(
                key,
                () -> asked.ask(key),
                earlier -> isAsNewAs(receipt, earlier.answer())
                        && (maxStaleness == null || ageOf(earlier).compareTo(maxStaleness) <= 0));
        Optional<Copy<V>> answer = landed.answer();
        Long wanted = receipt == null ? null : receipt.version();
        boolean behind = wanted != null
                && answer.map(copy -> copy.version() > 0 && copy.version() < wanted)
                        .orElse(false);
        return found(answer, Origin.OWNER, ageOf(landed), behind ? "its owner is behind the receipt" : null);
    }

    private boolean isAsNewAs(@Nullable Receipt receipt, Optional<Copy<V>> answer) {
        if (receipt == null) {
            return true;
        }
        Long wanted = receipt.version();
        return wanted != null && answer.map(copy -> copy.version() >= wanted).orElse(false);
    }

    private static Duration ageOf(Flights.Landed<?> landed) {
        return Duration.ofNanos(System.nanoTime() - landed.begun());
    }

    private static <V> Found<V> found(
            Optional<Copy<V>> copy, Origin origin, @Nullable Duration age, @Nullable String staleBecause) {
        return new Found<>(
                copy.map(Copy::value),
                copy.map(Copy::version).orElse(0L),
                origin,
                age,
                staleBecause != null,
                staleBecause);
    }

    /** Collects the settings of a {@link Directory}; for one thread. */
    public static final class Builder<K, V> {

        private @Nullable ReadModel model;
        private @Nullable Function<K, Aggregate> aggregateOf;
        private @Nullable Replica<K, V> replica;
        private @Nullable Owner<K, V> owner;
        private Duration patience = Duration.ofMillis(200);
        private @Nullable Duration maxStaleness;
        private WhenDown whenDown = WhenDown.ANSWER_STALE;
        private Duration timeout = Duration.ofSeconds(1);
        private int retries = 1;
        private int atOnce = 16;
        private int failures = 5;
        private Duration pause = Duration.ofSeconds(5);

        private Builder() {}

        /**
         * Where to look first; required.
         *
         * @param model with an inbox and a data source, so that it can be awaited
         * @param aggregateOf whose receipts concern a key
         * @param replica reads the row of a key
         */
        public Builder<K, V> replica(ReadModel model, Function<K, Aggregate> aggregateOf, Replica<K, V> replica) {
            this.model = requireNonNull(model, "model");
            this.aggregateOf = requireNonNull(aggregateOf, "aggregateOf");
            this.replica = requireNonNull(replica, "replica");
            return this;
        }

        /** Whom to ask otherwise; nobody by default: then what the replica has is all there is. */
        public Builder<K, V> owner(Owner<K, V> owner) {
            this.owner = requireNonNull(owner, "owner");
            return this;
        }

        /** How long to wait for the replica to come to a receipt, before the owner is asked; 200 ms by default. */
        public Builder<K, V> patience(Duration patience) {
            this.patience = requireNonNull(patience, "patience");
            return this;
        }

        /** How old the replica may be, by its newest event, unless the caller says; any age by default. */
        public Builder<K, V> maxStaleness(Duration maxStaleness) {
            this.maxStaleness = requireNonNull(maxStaleness, "maxStaleness");
            return this;
        }

        /** {@link WhenDown#ANSWER_STALE} by default. */
        public Builder<K, V> whenDown(WhenDown whenDown) {
            this.whenDown = requireNonNull(whenDown, "whenDown");
            return this;
        }

        /** How long one attempt to ask the owner may take, with its body, from 1 ms; 1 s by default. */
        public Builder<K, V> timeout(Duration timeout) {
            this.timeout = positive("timeout", timeout);
            return this;
        }

        /** How often the owner is asked again when it is down, from 0; 1 by default. It waits about 50 ms before. */
        public Builder<K, V> retries(int retries) {
            this.retries = atLeast("retries", 0, retries);
            return this;
        }

        /** How many requests may be under way at once, from 1; 16 by default. Others wait, at most for the timeout. */
        public Builder<K, V> atOnce(int atOnce) {
            this.atOnce = atLeast("atOnce", 1, atOnce);
            return this;
        }

        /**
         * When the owner is left alone: after {@code failures} among twice as many attempts, for {@code pause}. Then one
         * request shows whether it answers again. 5 and 5 s by default.
         */
        public Builder<K, V> circuit(int failures, Duration pause) {
            this.failures = atLeast("failures", 1, failures);
            this.pause = positive("pause", pause);
            return this;
        }

        /**
         * The directory.
         *
         * @throws NullPointerException if the replica is missing
         * @throws IllegalStateException if its read model cannot be awaited, for want of an inbox
         */
        public Directory<K, V> build() {
            return new Directory<>(this);
        }

        private static Duration positive(String name, Duration value) {
            if (value.toMillis() < 1) {
                throw new IllegalArgumentException(name + " must be at least 1 ms, but was: " + value);
            }
            return value;
        }

        private static int atLeast(String name, int least, int value) {
            if (value < least) {
                throw new IllegalArgumentException(name + " must be at least " + least + ", but was: " + value);
            }
            return value;
        }
    }
}
