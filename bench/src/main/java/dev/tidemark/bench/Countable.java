package dev.tidemark.bench;

import java.io.IOException;
import java.util.Map;

/** A destination that Debezium Server delivers to as well. As that has nothing of ours in it, what arrives is counted there. */
interface Countable extends Destination {

    /**
     * What Debezium Server is told of it.
     *
     * @param topic what its router sends all events to
     * @param properties of {@code debezium.sink}, with its {@code type}
     * @param draining more of them, with which it drains well
     * @param attributes more of them, with which it sends headers, too
     */
    record Told(
            String topic,
            Map<String, String> properties,
            Map<String, String> draining,
            Map<String, String> attributes) {}

    /** Counts what there is in one place. For one thread. */
    interface Counter extends AutoCloseable {

        /** Events there now, duplicates included. */
        long count() throws Exception;

        @Override
        void close() throws IOException;
    }

    /** Makes a place of its own for a run of Debezium Server, as {@link #open} has the relay do. */
    Told openForServer(String run) throws Exception;

    /** Of a place that was made. */
    Counter counter(String run) throws Exception;
}
