package dev.tidemark.relay.ops;

import java.util.function.Consumer;

/** A thread without which a relay must not go on: whatever its work throws is a bug, by which the relay ends. */
public final class VitalThread {

    private VitalThread() {}

    /**
     * A thread that is not started.
     *
     * @param work ends when it is told to; it handles by itself what is to be expected
     * @param onBug called on this thread with what the work threw; it is to stop the relay, and must not wait for the thread
     */
    public static Thread of(String name, Runnable work, Consumer<Throwable> onBug) {
        return new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (RuntimeException | Error bug) {
                        onBug.accept(new IllegalStateException("thread " + name + " cannot go on: " + bug, bug));
                    }
                },
                name);
    }

    /** Waits until a thread that was told to end has, also if the caller is interrupted, who finds that he was. */
    public static void awaitEnd(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
