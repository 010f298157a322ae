package dev.tidemark.relay.doctor;

import dev.tidemark.relay.config.Feed;
import dev.tidemark.relay.config.MemoryConfig;
import dev.tidemark.relay.config.Sizes;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the relay may hold, beside the heap that it would have if it were started as this was. */
record MemoryExamination(MemoryConfig memory, Feed feed) {

    private static final String CHECK = "memory";
    private static final String DIRECTORY = "directory";
    private static final long LEAST_HEAP_BYTES = 128L << 20;

    void examine(Findings findings) {
        examine(Runtime.getRuntime().maxMemory(), findings);
    }

    void examine(long heapBytes, Findings findings) {
        String message = "heap " + Sizes.show(heapBytes) + ", of which " + Sizes.show(memory.bytes()) + " and "
                + memory.events() + " events in flight";
        if (heapBytes < LEAST_HEAP_BYTES) {
            findings.warning(CHECK, message + ": little for large transactions", "-Xmx256m in TIDEMARK_JAVA_OPTS");
        } else {
            findings.ok(CHECK, message);
        }
        if (feed == Feed.PGOUTPUT) {
            directory(Path.of(memory.directory()), findings);
        }
    }

    private static void directory(Path directory, Findings findings) {
        if (Files.isDirectory(directory) && Files.isWritable(directory)) {
            findings.ok(DIRECTORY, "what does not fit into memory of transactions that are open goes to " + directory);
        } else {
            findings.problem(
                    DIRECTORY,
                    directory + ", where transactions that are open go, is not a directory that can be written to",
                    "make it one, or set memory.directory to one that has room and that only the relay may read");
        }
    }
}
