package dev.tidemark.relay.sink;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What came of one attempt to deliver one envelope. */
public sealed interface Delivery {

    /** The destination has it, durably. */
    record Delivered() implements Delivery {}

    /**
     * The same envelope may succeed later.
     *
     * @param reason for people; no payload and no secret in it
     * @param after the wait that the destination asked for, or null if it asked for none
     */
    record Retry(String reason, @Nullable Duration after) implements Delivery {
        public Retry {
            requireNonNull(reason, "reason");
        }
    }

    /**
     * The destination will never take this envelope as it is.
     *
     * @param reason for people; no payload and no secret in it
     */
    record Rejected(String reason) implements Delivery {
        public Rejected {
            requireNonNull(reason, "reason");
        }
    }

    /**
     * Nothing was tried, because another envelope of the batch did not arrive: an earlier one of the
     * aggregate, or one that shows that the destination takes nothing now. It costs no attempt.
     */
    record NotAttempted() implements Delivery {}

    static Delivery delivered() {
        return Outcomes.DELIVERED;
    }

    static Delivery retry(String reason) {
        return new Retry(reason, null);
    }

    static Delivery retry(String reason, @Nullable Duration after) {
        return new Retry(reason, after);
    }

    static Delivery rejected(String reason) {
        return new Rejected(reason);
    }

    static Delivery notAttempted() {
        return Outcomes.NOT_ATTEMPTED;
    }

    /** Exactly one of the four is called; a fifth outcome would not compile. */
    default <T> T match(
            Supplier<T> delivered, Function<Retry, T> retry, Function<Rejected, T> rejected, Supplier<T> notAttempted) {
        if (this instanceof Retry r) {
            return retry.apply(r);
        }
        if (this instanceof Rejected r) {
            return rejected.apply(r);
        }
        return this instanceof Delivered ? delivered.get() : notAttempted.get();
    }
}
