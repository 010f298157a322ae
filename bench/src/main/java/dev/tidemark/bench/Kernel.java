package dev.tidemark.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;

/** What Linux says about processes: CPU and memory. */
final class Kernel {

    /** Of {@code /proc/…/stat}, the same on every Linux that runs Java. */
    private static final double TICKS_PER_SECOND = 100;

    private Kernel() {}

    /** Seconds of CPU that a process has used, in user and kernel; none if it has ended. */
    static OptionalDouble cpuSeconds(long pid) {
        return cpuSeconds(Long.toString(pid));
    }

    /** Of this process. */
    static double cpuSeconds() {
        return cpuSeconds("self").orElseThrow();
    }

    private static OptionalDouble cpuSeconds(String pid) {
        try {
            String stat = Files.readString(Path.of("/proc", pid, "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return OptionalDouble.of((Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND);
        } catch (IOException gone) {
            return OptionalDouble.empty();
        }
    }

    /** The most memory that a process had, in MiB; 0 if it has ended. */
    static long peakMebibytes(long pid) {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
                    .filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
                    .findFirst()
                    .orElse(0);
        } catch (IOException gone) {
            return 0;
        }
    }
}
