package dev.tidemark.bench;

import java.util.Arrays;

/** How Debezium Server is told to work. */
enum ServerManner {
    /** Sends what the relay sends: every attribute that a consumer of ours reads, as headers; and drains well. */
    SAME("D", "with all attributes", true, true),
    /** The same, with the defaults of its feed and of its sink. */
    DEFAULTS("DD", "with all attributes and its defaults", true, false),
    /** The least that it can do: the payload as it is, and the type. */
    LEAST("DL", "with the payload and the type only", false, true);

    private final String word;
    private final String description;
    private final boolean attributes;
    private final boolean drainingWell;

    ServerManner(String word, String description, boolean attributes, boolean drainingWell) {
        this.word = word;
        this.description = description;
        this.attributes = attributes;
        this.drainingWell = drainingWell;
    }

    static ServerManner of(String word) {
        return Arrays.stream(values())
                .filter(manner -> manner.word.equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no manner of Debezium Server: " + word));
    }

    /** With which the names of its systems begin. */
    String word() {
        return word;
    }

    String description() {
        return description;
    }

    boolean sendsAttributes() {
        return attributes;
    }

    boolean drainsWell() {
        return drainingWell;
    }
}
