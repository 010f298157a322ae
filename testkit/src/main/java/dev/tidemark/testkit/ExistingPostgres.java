package dev.tidemark.testkit;

import java.util.Objects;
import org.postgresql.ds.PGSimpleDataSource;

/** A server that somebody else runs. */
record ExistingPostgres(String host, int port, String user, String password) implements PostgresBackend {

    /** From a URL such as {@code jdbc:postgresql://db:5432/postgres?user=postgres&password=secret}. */
    static ExistingPostgres at(String url) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(url);
        return new ExistingPostgres(
                source.getServerNames()[0],
                source.getPortNumbers()[0],
                Objects.requireNonNullElse(source.getUser(), "postgres"),
                Objects.requireNonNullElse(source.getPassword(), ""));
    }

    @Override
    public void stopImmediately() {
        throw notOurs("stopped");
    }

    @Override
    public void restart() {
        throw notOurs("restarted");
    }

    @Override
    public void kill9() {
        throw notOurs("killed");
    }

    private UnsupportedOperationException notOurs(String what) {
        return new UnsupportedOperationException("the server at " + host + ":" + port + " is not ours and cannot be "
                + what + "; run this test with embedded binaries, without " + PostgresServer.URL_PROPERTY);
    }

    @Override
    public void close() {}

    /** Without the password. */
    @Override
    public String toString() {
        return host + ":" + port + " as " + user;
    }
}
