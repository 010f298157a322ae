package dev.tidemark.testkit;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Closes what was opened, the last first, and does not stop at what fails. Safe for many threads; a second close
 * waits for the first and does nothing.
 */
public final class Closing implements AutoCloseable {

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /** Nothing is opened yet. */
    public Closing() {}

    /** Takes over the closing of {@code resource}, and returns it. */
    public synchronized <T extends AutoCloseable> T add(T resource) {
        opened.push(resource);
        return resource;
    }

    /**
     * Closes everything.
     *
     * @throws IllegalStateException with the first thing that could not be closed, after all others were
     */
    @Override
    public synchronized void close() {
        IllegalStateException failure = null;
        while (!opened.isEmpty()) {
            failure = close(opened.pop(), failure);
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static @Nullable IllegalStateException close(
            AutoCloseable resource, @Nullable IllegalStateException before) {
        try {
            resource.close();
            return before;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return before;
        } catch (Exception e) {
            IllegalStateException failure =
                    before == null ? new IllegalStateException("not everything could be stopped", e) : before;
            if (before != null) {
                before.addSuppressed(e);
            }
            return failure;
        }
    }
}
