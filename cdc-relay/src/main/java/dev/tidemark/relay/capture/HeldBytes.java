package dev.tidemark.relay.capture;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Bytes that are written, cut off at their end, and read once: in memory, and those before that in a file. For one thread. */
final class HeldBytes implements AutoCloseable {

    /** Small enough that many may be open, big enough that they are few. */
    static final int CHUNK = 64 << 10;

    /** Makes a file for what does not fit. */
    interface Overflow {
        SpillFile create() throws IOException;
    }

    private final Overflow overflow;
    private final List<byte[]> chunks = new ArrayList<>(); // all full, but the last
    private int inMemory;
    private @Nullable SpillFile file;

    HeldBytes(Overflow overflow) {
        this.overflow = overflow;
    }

    long size() {
        return inFile() + inMemory;
    }

    /** What it takes of the heap. */
    long memoryBytes() {
        return (long) chunks.size() * CHUNK;
    }

    void append(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            int at = inMemory % CHUNK;
            if (at == 0) {
                chunks.add(new byte[CHUNK]);
            }
            int count = Math.min(bytes.remaining(), CHUNK - at);
            bytes.get(chunks.get(chunks.size() - 1), at, count);
            inMemory += count;
        }
    }

    /** Forgets what follows the first {@code length} bytes. */
    void truncate(long length) throws IOException {
        SpillFile open = file;
        if (open != null && length < open.size()) {
            open.truncate(length);
        }
        inMemory = (int) (length - Math.min(length, inFile()));
        int needed = (inMemory + CHUNK - 1) / CHUNK;
        chunks.subList(needed, chunks.size()).clear();
    }

    /** Moves to the file what is in memory. */
    void spill() throws IOException {
        SpillFile open = file;
        if (open == null) {
            open = overflow.create();
            file = open;
        }
        for (int i = 0; i < chunks.size(); i++) {
            open.append(ByteBuffer.wrap(chunks.get(i), 0, Math.min(CHUNK, inMemory - i * CHUNK)));
        }
        chunks.clear();
        inMemory = 0;
    }

    /** All of it, once; nothing may be written after that. */
    InputStream read() throws IOException {
        List<InputStream> parts = new ArrayList<>();
        SpillFile open = file;
        if (open != null) {
            parts.add(open.read());
        }
        for (int i = 0; i < chunks.size(); i++) {
            parts.add(new ByteArrayInputStream(chunks.get(i), 0, Math.min(CHUNK, inMemory - i * CHUNK)));
        }
        return new SequenceInputStream(Collections.enumeration(parts));
    }

    @Override
    public void close() {
        SpillFile open = file;
        file = null;
        chunks.clear();
        inMemory = 0;
        if (open != null) {
            open.close();
        }
    }

    private long inFile() {
        SpillFile open = file;
        return open == null ? 0 : open.size();
    }
}
