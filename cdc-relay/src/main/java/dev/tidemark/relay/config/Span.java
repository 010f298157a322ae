package dev.tidemark.relay.config;

import java.time.Duration;

/** The durations that a setting may have. */
record Span(Duration least, Duration most) {

    boolean contains(Duration value) {
        return value.compareTo(least) >= 0 && value.compareTo(most) <= 0;
    }

    String rule() {
        return "must be a duration from " + Durations.show(least) + " to " + Durations.show(most);
    }
}
