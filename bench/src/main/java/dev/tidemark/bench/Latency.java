package dev.tidemark.bench;

import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/** Measure 2: events are written at drawn moments, whatever becomes of those before; when does the sink have each? */
final class Latency {

    private static final Duration IDLE = Duration.ofSeconds(5);
    private static final Duration STARTS_WITHIN = Duration.ofMinutes(2);
    private static final Duration ENDS_WITHIN = Duration.ofMinutes(2);
    private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long MOST_MICROS = TimeUnit.HOURS.toMicros(1);
    private static final int DIGITS = 3;
    private static final String SLOT = "bench_latency";

    private final PostgresServer server;
    private final Destinations destinations;
    private final List<String> jvm;
    private final Path folder;
    private final Consumer<String> progress;

    /** @param progress is told what goes on, for people */
    Latency(
            PostgresServer server,
            Destinations destinations,
            List<String> jvm,
            Path folder,
            Consumer<String> progress) {
        this.server = server;
        this.destinations = destinations;
        this.jvm = jvm;
        this.folder = folder;
        this.progress = progress;
    }

    /** Each system at each rate, their order rotated by rate. */
    List<LatencyReading> run(LatencyOptions options, List<Contender> systems) throws Exception {
        List<LatencyReading> readings = new ArrayList<>();
        for (int i = 0; i < options.rates().size(); i++) {
            List<Contender> order = new ArrayList<>(systems);
            Collections.rotate(order, -i);
            for (Contender system : order) {
                LatencyReading reading = one(options, options.rates().get(i), system);
                progress.accept(LatencyTable.line(reading));
                readings.add(reading);
            }
        }
        return readings;
    }

    private LatencyReading one(LatencyOptions options, int rate, Contender system) throws Exception {
        Workload workload = options.workload(rate);
        Database database = server.createDatabase();
        String run = SLOT + "_" + system.word() + "_" + rate;
        Path own = Files.createDirectories(folder.resolve(run));
        try {
            Drain.migrate(database, run);
            String sink = system.sink().isEmpty()
                    ? Systems.NOWHERE
                    : destinations.of(system.sink()).open(run);
            Measured measured = Systems.measured(database, workload, system, run, sink, own, true);
            try (MeasuredProcess process = MeasuredProcess.java(measured, jvm)) {
                return measure(options, rate, system, workload, database, process, own);
            }
        } finally {
            server.dropDatabase(database);
        }
    }

    private LatencyReading measure(
            LatencyOptions options,
            int rate,
            Contender system,
            Workload workload,
            Database database,
            MeasuredProcess process,
            Path own)
            throws Exception {
        awaitReading(system, database, process);
        double idleCpu = process.cpuSeconds();
        LockSupport.parkNanos(IDLE.toNanos());
        double cpu = process.cpuSeconds();
        OpenLoop load = new OpenLoop(database, workload, rate, options.seed());
        load.run();
        String complaint = awaitAll(process);
        double cpuPerMillion = (process.cpuSeconds() - cpu) * 1e6 / workload.expected();
        Gate.Verdict verdict = process.end(workload.expected());
        if (!system.sink().isEmpty()) {
            Gate gate = new Gate(workload.expected(), workload.aggregates());
            destinations.of(system.sink()).read(own.getFileName().toString(), gate);
            verdict = gate.verdict();
        }
        Histogram histogram = new Histogram(MOST_MICROS, DIGITS);
        int first = rate * options.warmUpSeconds();
        long mostLate = complaint.isEmpty() ? record(histogram, load, times(own), first) : 0;
        double idleCores = (cpu - idleCpu) / IDLE.toSeconds();
        return new LatencyReading(system, rate, histogram, cpuPerMillion, idleCores, mostLate, verdict, complaint);
    }

    private static long record(Histogram histogram, OpenLoop load, LongBuffer arrived, int first) {
        long mostLate = 0;
        for (int number = first; number < arrived.limit(); number++) {
            long late = load.lateMicros(number);
            long took = Math.max(0, arrived.get(number) - load.committedMicros(number)) + late;
            histogram.recordValue(Math.min(MOST_MICROS, took));
            mostLate = Math.max(mostLate, late);
        }
        return mostLate;
    }

    private static LongBuffer times(Path own) throws IOException {
        return ByteBuffer.wrap(Files.readAllBytes(own.resolve(Arrivals.TIMES))).asLongBuffer();
    }

    private static void awaitReading(Contender system, Database database, MeasuredProcess process) throws Exception {
        long deadline = System.nanoTime() + STARTS_WITHIN.toNanos();
        String sql = "select count(*) from pg_replication_slots where database = current_database() and active";
        while (!system.isPolling() && Asking.number(database, sql) == 0) {
            if (System.nanoTime() > deadline || !process.isAlive()) {
                throw new IllegalStateException("system " + system.name() + " does not read: " + process.endOfLog());
            }
            LockSupport.parkNanos(LOOK_AGAIN_NANOS);
        }
        LockSupport.parkNanos(IDLE.toNanos()); // a JVM that has just started is not idle
    }

    /** Returns why not all came; nothing if they did. */
    private static String awaitAll(MeasuredProcess process) throws IOException {
        long deadline = System.nanoTime() + ENDS_WITHIN.toNanos();
        while (process.said(Arrivals.COMPLETE) == null) {
            if (System.nanoTime() > deadline || !process.isAlive()) {
                return "not all had come " + ENDS_WITHIN.toSeconds() + " s after the last was written";
            }
            LockSupport.parkNanos(LOOK_AGAIN_NANOS);
        }
        return "";
    }
}
