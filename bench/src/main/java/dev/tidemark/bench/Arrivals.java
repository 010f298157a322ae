package dev.tidemark.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What arrives in a process that is measured, with the moments that count. It writes them into files that the harness
 * waits for: {@code complete} once everything has arrived, {@code verdict} at the end.
 *
 * <p>Moments are by the wall clock, in microseconds, as two processes have it in common. For many threads, as
 * {@link Gate}.
 */
final class Arrivals {

    static final String COMPLETE = "complete.properties";
    static final String VERDICT = "verdict.properties";
    static final String TIMES = "times.bin";

    private final Gate gate;
    private final Path folder;
    private final int expected;
    private final long[] times; // by number; empty if nobody asks
    private final AtomicBoolean completed = new AtomicBoolean();
    private volatile long halfMicros;
    private volatile double halfCpu;

    /** @param keepTimes whether the moment of each arrival is to be kept */
    Arrivals(int expected, int aggregates, boolean keepTimes, Path folder) {
        this.gate = new Gate(expected, aggregates);
        this.folder = folder;
        this.expected = expected;
        this.times = new long[keepTimes ? expected : 0];
    }

    static long nowMicros() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    }

    void arrived(int number) {
        if (times.length > 0 && number >= 0 && number < expected && times[number] == 0) {
            times[number] = nowMicros();
        }
        int before = expected / 2;
        int count = gate.arrived(number);
        if (count == before && halfMicros == 0) {
            halfMicros = nowMicros();
            halfCpu = Kernel.cpuSeconds();
        } else if (count == expected && completed.compareAndSet(false, true)) {
            complete();
        }
    }

    private void complete() {
        Properties properties = new Properties();
        properties.setProperty("end", Long.toString(nowMicros()));
        properties.setProperty("cpu", Double.toString(Kernel.cpuSeconds()));
        properties.setProperty("half", Long.toString(halfMicros));
        properties.setProperty("halfCpu", Double.toString(halfCpu));
        write(COMPLETE, properties);
    }

    /** Nothing arrives any more. */
    void end() {
        Gate.Verdict verdict = gate.verdict();
        if (times.length > 0) {
            writeTimes();
        }
        Properties properties = new Properties();
        properties.setProperty("missing", Long.toString(verdict.missing()));
        properties.setProperty("inversions", Long.toString(verdict.inversions()));
        properties.setProperty("duplicates", Long.toString(verdict.duplicates()));
        properties.setProperty("unknown", Long.toString(verdict.unknown()));
        properties.setProperty(
                "rss",
                Long.toString(Kernel.peakMebibytes(ProcessHandle.current().pid())));
        write(VERDICT, properties);
    }

    private void writeTimes() {
        ByteBuffer bytes = ByteBuffer.allocate(times.length * Long.BYTES);
        bytes.asLongBuffer().put(times);
        try (FileChannel file =
                FileChannel.open(folder.resolve(TIMES), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write into " + folder, e);
        }
    }

    /** At once, so that nobody reads half of it. */
    private void write(String name, Properties properties) {
        try {
            Path unfinished = Files.createTempFile(folder, name, ".part");
            try (java.io.Writer writer = Files.newBufferedWriter(unfinished)) {
                properties.store(writer, null);
            }
            Files.move(unfinished, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write into " + folder, e);
        }
    }
}
