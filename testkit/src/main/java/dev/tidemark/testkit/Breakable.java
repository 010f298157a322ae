package dev.tidemark.testkit;

/** A server of the test's own, as a process that the test may break. */
public interface Breakable extends AutoCloseable {

    /** SIGKILL; returns when its processes are gone. */
    void kill9();

    /** SIGSTOP: it stands still, with all its connections open, until {@link #wake}. */
    void freeze();

    /** SIGCONT: it goes on as if no time had passed. */
    void wake();

    /** Starts it again on the port and the data that it had, and waits until it answers; ends it before, if it runs. */
    void restart();

    /** Removes it with all its data. Idempotent. */
    @Override
    void close();
}
