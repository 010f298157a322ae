package dev.tidemark.relay.config;

/**
 * How much the relay may hold between the write-ahead log and its subscribers.
 *
 * @param events the most events in flight
 * @param bytes the most bytes of events, in the queue before them and in flight; at most
 *     {@value #MOST_PERCENT_OF_HEAP}% of the heap
 * @param directory where the feed {@code pgoutput} puts what it is sent of transactions that are still open, beyond a
 *     quarter of {@code bytes}; in files that have no name and that only the owner may read
 */
public record MemoryConfig(int events, long bytes, String directory) {

    static final Bounds EVENTS = new Bounds(100, 10_000_000);
    static final int MOST_PERCENT_OF_HEAP = 40;
    static final long LEAST_BYTES = 1 << 20;

    private static final int DEFAULT_PERCENT_OF_HEAP = 25;
    private static final int MOST_DEFAULT_EVENTS = 50_000;
    private static final int TYPICAL_EVENT_BYTES = 1024;

    public MemoryConfig {
        Problems problems = new Problems();
        problems.within("events", events, EVENTS);
        long most = mostBytes(heapBytes());
        if (bytes < LEAST_BYTES || bytes > most) {
            problems.add("bytes", rule(most), Sizes.show(bytes));
        }
        problems.required("directory", directory);
        problems.throwIfAny("the memory limits");
    }

    /** With the directory for temporary files that this process has. */
    public MemoryConfig(int events, long bytes) {
        this(events, bytes, defaultDirectory());
    }

    /** The defaults for the heap of this process: a quarter of it. */
    public static MemoryConfig ofThisHeap() {
        return new MemoryConfig(defaultEvents(heapBytes()), defaultBytes(heapBytes()));
    }

    static String defaultDirectory() {
        return System.getProperty("java.io.tmpdir");
    }

    static long heapBytes() {
        return Runtime.getRuntime().maxMemory();
    }

    static long mostBytes(long heapBytes) {
        return heapBytes / 100 * MOST_PERCENT_OF_HEAP;
    }

    static long defaultBytes(long heapBytes) {
        return Math.max(LEAST_BYTES, heapBytes / 100 * DEFAULT_PERCENT_OF_HEAP);
    }

    static int defaultEvents(long heapBytes) {
        return (int) Math.min(MOST_DEFAULT_EVENTS, defaultBytes(heapBytes) / TYPICAL_EVENT_BYTES);
    }

    static String rule(long most) {
        return "must be a size from " + Sizes.show(LEAST_BYTES) + " to " + Sizes.show(most) + " ("
                + MOST_PERCENT_OF_HEAP + "% of the heap, see -Xmx)";
    }
}
