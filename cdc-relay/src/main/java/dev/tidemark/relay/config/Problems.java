package dev.tidemark.relay.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Collects what is wrong, so that all of it is said at once. For one thread. */
final class Problems {

    static final String REQUIRED = "is required, but is not set";

    private final List<Problem> found = new ArrayList<>();

    void add(String key, String rule) {
        add(new Problem(key, rule, null));
    }

    void add(String key, String rule, @Nullable String value) {
        add(new Problem(key, rule, value));
    }

    /** Only the first problem of a key is kept: the others follow from it. */
    void add(Problem problem) {
        if (!concerns(problem.key())) {
            found.add(problem);
        }
    }

    boolean concerns(String key) {
        return found.stream().anyMatch(problem -> problem.key().equals(key));
    }

    boolean required(String key, String value) {
        if (value.isEmpty()) {
            add(key, REQUIRED);
        }
        return !value.isEmpty();
    }

    void matches(String key, String value, Pattern pattern, String allowed) {
        if (required(key, value) && !pattern.matcher(value).matches()) {
            add(key, "must be " + allowed, value);
        }
    }

    void within(String key, int value, Bounds bounds) {
        if (!bounds.contain(value)) {
            add(key, bounds.rule(), Integer.toString(value));
        }
    }

    void within(String key, Duration value, Span span) {
        if (!span.contains(value)) {
            add(key, span.rule(), Durations.show(value));
        }
    }

    /** @throws ConfigException if there is any problem */
    void throwIfAny(String where) {
        if (!found.isEmpty()) {
            throw asException(where);
        }
    }

    ConfigException asException(String where) {
        return new ConfigException(where, found);
    }
}
