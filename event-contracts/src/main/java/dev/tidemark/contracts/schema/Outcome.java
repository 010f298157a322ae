package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * What a search came to: a value that was found, or that there is none, or that it is not known.
 *
 * @param value what was found; a guess if there is a doubt
 * @param doubt why it is not known
 */
record Outcome(@Nullable JsonNode value, @Nullable String doubt) {

    private static final Outcome NONE = new Outcome(null, null);

    static Outcome found(JsonNode value) {
        return new Outcome(value, null);
    }

    static Outcome none() {
        return NONE;
    }

    static Outcome unknown(String doubt) {
        return new Outcome(null, doubt);
    }

    boolean isFound() {
        return value != null && doubt == null;
    }

    boolean isNone() {
        return value == null && doubt == null;
    }

    /** This, unless there was a doubt on the way to it. */
    Outcome doubted(@Nullable String reason) {
        return isNone() || doubt != null || reason == null ? this : new Outcome(value, reason);
    }

    /** The better of two ways: one that found something, else one that may have. */
    Outcome or(Outcome other) {
        if (isFound() || other.isNone()) {
            return this;
        }
        if (other.isFound() || isNone()) {
            return other;
        }
        return value == null ? other : this;
    }
}
