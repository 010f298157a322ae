package dev.tidemark.testkit;

/** Where a {@link PostgresServer} runs. */
interface PostgresBackend extends AutoCloseable {

    String host();

    int port();

    /** A superuser. */
    String user();

    String password();

    /** Stops as {@code pg_ctl stop -m immediate} does: no checkpoint, recovery at the next start. */
    void stopImmediately();

    /** Starts it, on the port it had; stops it before that, if it runs. */
    void restart();

    /** Ends the postmaster with SIGKILL, and returns when all its processes are gone. */
    void kill9();

    @Override
    void close();
}
