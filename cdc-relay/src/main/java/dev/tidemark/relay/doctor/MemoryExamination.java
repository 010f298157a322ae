package dev.tidemark.relay.doctor;

import dev.tidemark.relay.config.MemoryConfig;
import dev.tidemark.relay.config.Sizes;

/** What the relay may hold, beside the heap that it would have if it were started as this was. */
record MemoryExamination(MemoryConfig memory) {

    private static final String CHECK = "memory";
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
    }
}
