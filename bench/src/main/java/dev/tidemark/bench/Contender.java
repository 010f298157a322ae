package dev.tidemark.bench;

import java.util.List;
import java.util.Locale;

/**
 * A system that is measured.
 *
 * @param name as it is asked for and shown, such as {@code C}
 * @param kind what it runs
 * @param description for people
 * @param registered whether its slot is one of a relay
 */
record Contender(String name, Kind kind, String description, boolean registered) {

    /** What a system runs. */
    enum Kind {
        /** {@code pg_recvlogical}. */
        RECVLOGICAL,
        /** The driver's stream. */
        STREAM,
        /** A Debezium engine. */
        ENGINE,
        /** The relay, with nothing behind it. */
        NULL,
        /** The relay, losing events on purpose. */
        LOSSY
    }

    static final Contender CEILING =
            new Contender("A", Kind.RECVLOGICAL, "pg_recvlogical -f /dev/null: the ceiling", false);

    private static final Contender LOSSY =
            new Contender("lossy", Kind.LOSSY, "the relay with a sink that loses events: must be VOID", true);

    private static final List<Contender> ALL = List.of(
            CEILING,
            new Contender("A2", Kind.STREAM, "the driver's stream, blocking, rows parsed", false),
            new Contender("B", Kind.ENGINE, "a bare Debezium engine, null handler", false),
            new Contender("C", Kind.NULL, "the relay, null sink", true));

    static List<Contender> all() {
        return ALL;
    }

    /** @throws IllegalArgumentException if there is none of that name */
    static Contender named(String name) {
        if (name.equals(LOSSY.name())) {
            return LOSSY;
        }
        return ALL.stream()
                .filter(one -> one.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no system " + name + "; there are "
                        + String.join(", ", ALL.stream().map(Contender::name).toList())));
    }

    /** A part of names of files and slots. */
    String word() {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "_");
    }
}
