package dev.tidemark.testkit;

import java.nio.file.Path;

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

    /** Stops all its processes where they are, or has them go on. */
    default void signal(boolean stand) {
        throw notEmbedded("frozen");
    }

    /** Copies the files of a server that is stopped; the copy is removed with the server. */
    default Path copyFiles() {
        throw notEmbedded("copied");
    }

    /** Replaces the files of a server that is stopped with what {@link #copyFiles} made. */
    default void putBack(Path copy) {
        throw notEmbedded("replaced");
    }

    /** Restarts it on another port. */
    default void restartOn(int otherPort) {
        throw notEmbedded("moved");
    }

    private static UnsupportedOperationException notEmbedded(String what) {
        return new UnsupportedOperationException("only a server of embedded binaries can be " + what + "; run this test"
                + " without " + PostgresServer.URL_PROPERTY + " and " + PostgresServer.KIND_PROPERTY);
    }

    @Override
    void close();
}
