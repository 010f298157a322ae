package dev.tidemark.relay.config;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong, in words that follow the name of the setting.
 *
 * @param key such as {@code subscribers[0].lanes}
 * @param rule what is allowed, such as {@code must be a whole number from 1 to 64}
 * @param found what was there instead; null if that is said in the rule, or must not be shown
 */
public record Problem(String key, String rule, @Nullable String found) {

    public Problem {
        requireNonNull(key, "key");
        requireNonNull(rule, "rule");
    }

    /** The same problem, found in something that is itself a part of {@code parent}. */
    Problem within(String parent) {
        return parent.isEmpty() ? this : new Problem(parent + "." + key, rule, found);
    }

    Problem found(String shown) {
        return found == null ? this : new Problem(key, rule, shown);
    }

    @Override
    public String toString() {
        return key + " " + rule + (found == null ? "" : ", but was: " + Shown.text(found));
    }
}
