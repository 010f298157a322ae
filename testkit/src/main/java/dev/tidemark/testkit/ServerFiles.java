package dev.tidemark.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Where a server of our own has its files. A build that asks for it, by {@value #MEMORY_PROPERTY}, has them in memory, if
 * there is plenty: making a database makes some hundred files, which file systems take their time for.
 *
 * <p>What is killed finds its files as they were, there as on a disk, which nobody waits for without {@code fsync}. Only
 * the end of the machine would tell the difference; a server with {@code fsync} stays on the disk.
 */
final class ServerFiles {

    /** {@code true} for memory. */
    static final String MEMORY_PROPERTY = "tidemark.postgres.memory";

    private static final Path MEMORY = Path.of("/dev/shm");
    private static final Path STATE = Path.of("/proc/meminfo");
    private static final String AVAILABLE = "MemAvailable:";

    /** In bytes: a server rarely has a tenth of it, and a build has several. */
    static final long PLENTY = 8L << 30;

    private ServerFiles() {}

    /**
     * A new directory.
     *
     * @param settings of the server
     */
    static Path create(Map<String, String> settings) throws IOException {
        Path place = Path.of(System.getProperty("java.io.tmpdir"));
        if (Boolean.getBoolean(MEMORY_PROPERTY) && Files.isWritable(MEMORY) && Files.exists(STATE)) {
            long free = Math.min(
                    available(Files.readString(STATE)),
                    Files.getFileStore(MEMORY).getUsableSpace());
            place = place(settings, free, MEMORY, place);
        }
        return Files.createTempDirectory(place, "tidemark-postgres-");
    }

    /** @param free bytes of memory */
    static Path place(Map<String, String> settings, long free, Path memory, Path disk) {
        return "off".equals(settings.get("fsync")) && free >= PLENTY ? memory : disk;
    }

    /**
     * How many bytes processes may still take, without others being swapped out.
     *
     * @param state the text of {@code /proc/meminfo}
     */
    static long available(String state) {
        try (Stream<String> lines = state.lines()) {
            return lines.filter(line -> line.startsWith(AVAILABLE))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElse(0);
        }
    }
}
