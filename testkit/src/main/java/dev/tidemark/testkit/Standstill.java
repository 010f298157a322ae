package dev.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** Processes that have been sent SIGSTOP: the call returns before their threads stand still. */
final class Standstill {

    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** Stopped, stopped by a tracer, dead. */
    private static final String STANDING = "TtZX";

    private Standstill() {}

    /** Waits until each thread of it stands still. Does not wait where the kernel does not show threads as Linux does. */
    static void await(long pid) {
        Path threads = Path.of("/proc", Long.toString(pid), "task");
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (Files.isDirectory(threads) && !allStand(threads)) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "process " + pid + " does not stand still " + LIMIT.toSeconds() + " s after SIGSTOP");
            }
            LockSupport.parkNanos(LOOK_AGAIN_NANOS);
        }
    }

    private static boolean allStand(Path threads) {
        try (Stream<Path> all = Files.list(threads)) {
            List<Path> listed = all.toList();
            return listed.stream().allMatch(thread -> STANDING.indexOf(state(thread)) >= 0);
        } catch (NoSuchFileException e) {
            return true; // it has ended
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + threads, e);
        }
    }

    /** As in {@code ps}. */
    private static char state(Path thread) {
        try {
            String stat = Files.readString(thread.resolve("stat"));
            return stat.charAt(stat.lastIndexOf(')') + 2);
        } catch (IOException e) {
            return 'X'; // it ended meanwhile
        }
    }
}
