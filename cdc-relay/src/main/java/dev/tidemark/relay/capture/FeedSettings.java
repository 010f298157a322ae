package dev.tidemark.relay.capture;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/**
 * What a feed reads, and with how much memory.
 *
 * @param jdbcUrl one host, such as {@code jdbc:postgresql://localhost:5432/orders}; further settings of the
 *     driver after a question mark
 * @param user a role with LOGIN and REPLICATION that may read the outbox
 * @param password of {@code user}; never shown
 * @param slot an existing logical slot of the plugin pgoutput
 * @param publication an existing publication with the outbox in it
 * @param table schema and name of the outbox, such as {@code public.outbox}
 * @param queueEvents how many changes may wait between the reading and the offering thread
 * @param queueBytes how many bytes these may hold; or what came of transactions that are still open, of a feed that is
 *     sent that
 * @param directory where such a feed puts what is more
 */
public record FeedSettings(
        String jdbcUrl,
        String user,
        String password,
        String slot,
        String publication,
        String table,
        int queueEvents,
        long queueBytes,
        Path directory) {

    public FeedSettings {
        requireNonNull(jdbcUrl, "jdbcUrl");
        requireNonNull(user, "user");
        requireNonNull(password, "password");
        requireNonNull(slot, "slot");
        requireNonNull(publication, "publication");
        requireNonNull(table, "table");
        requireNonNull(directory, "directory");
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "slot " + slot + " of " + table + " as " + user;
    }
}
