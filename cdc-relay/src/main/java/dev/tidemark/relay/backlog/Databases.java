package dev.tidemark.relay.backlog;

import static java.util.Objects.requireNonNull;

import javax.sql.DataSource;

/**
 * Where the backlog is, and where its events come from. By default that is one database.
 *
 * @param backlog a pool; of one connection for each lane, none has to wait
 * @param source a pool to the database of the outbox; the same object if that has the backlog, too
 */
public record Databases(DataSource backlog, DataSource source) {

    public Databases {
        requireNonNull(backlog, "backlog");
        requireNonNull(source, "source");
    }

    /** The backlog is in the database of the outbox. */
    public static Databases one(DataSource both) {
        return new Databases(both, both);
    }

    /** Whether the backlog is in another database than the outbox. */
    public boolean apart() {
        return backlog != source;
    }
}
