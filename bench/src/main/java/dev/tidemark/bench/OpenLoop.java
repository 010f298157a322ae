package dev.tidemark.bench;

import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes events at moments that were drawn before, whatever becomes of those before: a Poisson process. Each is a
 * transaction of its own; those of an aggregate are written by one connection.
 */
final class OpenLoop {

    private static final int CONNECTIONS = 4;
    private static final String INSERT = """
            insert into outbox (id, source, aggregatetype, aggregateid, aggregateversion, type, payload)
            values (uuidv7(), '%s', '%s', ?, ?, 'order-placed', ?::json)""".formatted(Workload.SOURCE, Workload.AGGREGATE_TYPE);

    private final Database database;
    private final Workload workload;
    private final String[] fills;
    private final long[] dueNanos; // after the beginning
    private final long[] committedMicros;
    private final long[] lateMicros;

    /** @param workload the number of aggregates is a multiple of the number of connections */
    OpenLoop(Database database, Workload workload, int rate, long seed) {
        this.database = database;
        this.workload = workload;
        this.fills = workload.fills();
        this.dueNanos = due(workload.expected(), rate, seed);
        this.committedMicros = new long[workload.expected()];
        this.lateMicros = new long[workload.expected()];
    }

    private static long[] due(int count, int rate, long seed) {
        Random random = new Random(seed);
        long[] due = new long[count];
        double at = 0;
        for (int i = 0; i < count; i++) {
            at += -Math.log(1 - random.nextDouble()) / rate;
            due[i] = (long) (at * 1e9);
        }
        return due;
    }

    /** Returns when all are written. */
    void run() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS);
        try {
            List<Future<?>> writers = new ArrayList<>();
            long begun = System.nanoTime();
            for (int i = 0; i < CONNECTIONS; i++) {
                int first = i;
                writers.add(threads.submit(() -> {
                    write(first, begun);
                    return null;
                }));
            }
            for (Future<?> writer : writers) {
                writer.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private void write(int first, long begun) throws SQLException {
        try (Connection connection = database.connect();
                PreparedStatement insert = connection.prepareStatement(INSERT)) {
            for (int number = first; number < workload.expected(); number += CONNECTIONS) {
                insert.setString(1, "a-" + workload.aggregateOf(number));
                insert.setLong(2, workload.versionOf(number));
                insert.setString(3, Workload.payload(number, fills[number % fills.length]));
                lateMicros[number] = await(begun + dueNanos[number]);
                insert.executeUpdate(); // and commits
                committedMicros[number] = Arrivals.nowMicros();
            }
        }
    }

    /** Returns by how many microseconds it was too late already; what the timer is late by is not the system's doing. */
    private static long await(long dueNanos) {
        long left = dueNanos - System.nanoTime();
        if (left <= 0) {
            return -left / 1000;
        }
        while (left > 0) {
            LockSupport.parkNanos(left);
            left = dueNanos - System.nanoTime();
        }
        return 0;
    }

    /** When the commit of an event returned. */
    long committedMicros(int number) {
        return committedMicros[number];
    }

    /** By how much it was begun too late, because its connection had not finished what was before. */
    long lateMicros(int number) {
        return lateMicros[number];
    }
}
