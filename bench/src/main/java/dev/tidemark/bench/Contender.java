package dev.tidemark.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A system that is measured.
 *
 * @param name as it is asked for and shown, such as {@code C}
 * @param kind what it runs
 * @param description for people
 * @param sink to which a relay delivers; empty if to none
 */
record Contender(String name, Kind kind, String description, String sink) {

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
        /** The relay, with a real sink. */
        REAL,
        /** Debezium Server, with a real sink. */
        SERVER,
        /** A loop over the table. */
        POLLING,
        /** The relay, losing events on purpose. */
        LOSSY
    }

    static final Contender CEILING =
            new Contender("A", Kind.RECVLOGICAL, "pg_recvlogical -f /dev/null: the ceiling", "");

    private static final Contender PGOUTPUT =
            new Contender("C2", Kind.NULL, "the relay with feed: pgoutput, null sink", "");

    private static final Contender LOSSY =
            new Contender("lossy", Kind.LOSSY, "the relay with a sink that loses events: must be VOID", "");

    private static final List<Contender> ALL = Stream.concat(own(), servers()).toList();

    private static Stream<Contender> own() {
        return Stream.of(
                CEILING,
                new Contender("A2", Kind.STREAM, "the driver's stream, blocking, rows parsed", ""),
                new Contender("B", Kind.ENGINE, "a bare Debezium engine, null handler", ""),
                new Contender("C", Kind.NULL, "the relay, null sink", ""),
                PGOUTPUT,
                real("redis", "Redis Streams"),
                real("nats", "NATS JetStream"),
                real("kafka", "Kafka"),
                real("rabbitmq", "RabbitMQ, quorum queue"),
                real("postgres", "a table of another database"),
                real("http", "HTTP, one event for each request"),
                direct("redis", "Redis Streams"),
                direct("nats", "NATS JetStream"),
                direct("kafka", "Kafka"),
                direct("rabbitmq", "RabbitMQ, quorum queue"),
                direct("http", "HTTP, one event for each request"),
                polling(10),
                polling(100),
                polling(1000));
    }

    private static Stream<Contender> servers() {
        return Arrays.stream(ServerManner.values())
                .flatMap(manner -> Stream.of(
                        server(manner, "redis", "Redis Streams"),
                        server(manner, "nats", "NATS JetStream"),
                        server(manner, "kafka", "Kafka"),
                        server(manner, "rabbitmq", "RabbitMQ, quorum queue"),
                        server(manner, "http", "HTTP, one event for each request")));
    }

    private static Contender real(String sink, String description) {
        return new Contender("C:" + sink, Kind.REAL, "the relay, to " + description, sink);
    }

    private static Contender direct(String sink, String description) {
        return new Contender(
                PGOUTPUT.name() + ":" + sink, Kind.REAL, "the relay with feed: pgoutput, to " + description, sink);
    }

    private static Contender server(ServerManner manner, String sink, String description) {
        return new Contender(
                manner.word() + ":" + sink,
                Kind.SERVER,
                "Debezium Server, " + manner.description() + ", to " + description,
                sink);
    }

    /** How it is told to work, if it is Debezium Server. */
    ServerManner manner() {
        return ServerManner.of(name.substring(0, name.indexOf(':')));
    }

    private static Contender polling(int millis) {
        return new Contender(
                "E:" + millis, Kind.POLLING, "for update skip locked, every " + millis + " ms; latency only", "");
    }

    /** What its process is told to run. */
    String order() {
        return kind == Kind.POLLING
                ? "polling-" + word().replaceAll("\\D", "")
                : kind.name().toLowerCase(Locale.ROOT);
    }

    /** Whether it reads the table, and no slot. */
    boolean isPolling() {
        return kind == Kind.POLLING;
    }

    /** Whether it delivers what it reads, one event after the other, and can be asked when it did. */
    boolean hasLatency() {
        return kind != Kind.RECVLOGICAL && kind != Kind.LOSSY && kind != Kind.SERVER;
    }

    /** Whether its slot is one of a relay. */
    boolean isRelay() {
        return kind == Kind.NULL || kind == Kind.REAL || kind == Kind.LOSSY;
    }

    /** With what it reads, if it is a relay. */
    String feed() {
        return name.startsWith(PGOUTPUT.name()) ? "pgoutput" : "debezium";
    }

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
