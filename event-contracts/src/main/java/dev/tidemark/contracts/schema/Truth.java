package dev.tidemark.contracts.schema;

import java.util.function.Supplier;

/** Whether something is so, as far as it can be said. */
enum Truth {
    NO,
    UNSURE,
    YES;

    static Truth of(boolean value) {
        return value ? YES : NO;
    }

    Truth and(Supplier<Truth> other) {
        if (this == NO) {
            return NO;
        }
        Truth second = other.get();
        return second.compareTo(this) < 0 ? second : this;
    }

    Truth or(Supplier<Truth> other) {
        return negated().and(() -> other.get().negated()).negated();
    }

    Truth negated() {
        return this == UNSURE ? UNSURE : of(this == NO);
    }
}
