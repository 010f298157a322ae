package dev.tidemark.relay.migrate;

import dev.tidemark.relay.config.SourceConfig;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Makes the slot so that no event is missed, doubled or out of order, whether it was written before, while
 * or after.
 *
 * <p>A temporary slot comes first, while nothing is locked: the server makes it when all write transactions
 * that run now have ended, and one of those may be about to append. Then writers of the outbox are locked
 * out. What the outbox has then is deleted and inserted anew, in order, and the slot is moved to just before
 * that: it sees all of it once, as if written now. After the commit the temporary slot is copied to the
 * lasting one. A crash before that leaves no slot, and the next run begins again.
 */
final class SlotSetup {

    /** Detached by upkeep and not dropped yet: no slot has confirmed them for certain. */
    private static final String RETIRED = """
            select r.partition from tidemark.outbox_retired r
            join pg_class c on c.relname = r.partition and not c.relispartition
            join pg_namespace n on n.oid = c.relnamespace and n.nspname = ?
            order by 1""";

    /** Two at once would each send what the outbox has. */
    private static final String ALONE = "select pg_advisory_lock(hashtextextended('tidemark.migrate:' || ?, 0))";

    private final SourceConfig source;
    private final Sessions sessions;
    private final Migration.Existing existing;
    private final Duration patience;
    private final Consumer<String> report;

    SlotSetup(
            SourceConfig source,
            Sessions sessions,
            Migration.Existing existing,
            Duration patience,
            Consumer<String> report) {
        this.source = source;
        this.sessions = sessions;
        this.existing = existing;
        this.patience = patience;
        this.report = report;
    }

    void run() throws MigrationException {
        try (Connection slots = sessions.open()) {
            waitForOthers(slots);
            SlotCatalog catalog = new SlotCatalog(slots, source);
            catalog.checkPublication();
            if (catalog.slotIsThere()) {
                keep(catalog);
            } else {
                make(catalog);
                report.accept("Slot " + source.slot() + ": made" + failover(slots) + ".");
            }
        } catch (SQLException e) {
            throw Failures.explain("make slot " + source.slot(), source, e);
        }
    }

    /** Makes it anew, whatever is left of it, with all that the outbox still has in it. No relay may lead meanwhile. */
    void remake() throws MigrationException {
        try (Connection slots = sessions.open()) {
            Remains remains = new Remains(slots, source);
            remains.lockOutRelays();
            waitForOthers(slots);
            try (Connection outbox = sessions.open()) {
                new Rewriting(outbox, source.table()).requireRoom(tables(outbox));
            }
            report.accept(remains.mendPublication());
            report.accept(remains.dropSlot());
            make(new SlotCatalog(slots, source));
            report.accept("Slot " + source.slot() + ": made" + failover(slots) + ".");
        } catch (SQLException e) {
            throw Failures.explain("make slot " + source.slot() + " anew", source, e);
        }
    }

    private void keep(SlotCatalog catalog) throws SQLException {
        if (catalog.isRegistered()) {
            report.accept("Slot " + source.slot() + ": there already.");
        } else {
            catalog.register();
            catalog.noteStart();
            report.accept("Slot " + source.slot() + ": there already, made by somebody else; registered. What was"
                    + " written before it was made is not sent.");
        }
    }

    private void make(SlotCatalog catalog) throws SQLException, MigrationException {
        try (Connection outbox = sessions.open()) {
            new Rewriting(outbox, source.table()).requireRoom(tables(outbox));
        }
        String temporary = catalog.makeTemporarySlot(patience);
        try (Connection writers = sessions.open()) {
            writers.setAutoCommit(false);
            lockOutWriters(writers);
            List<String> tables = tables(writers);
            long rows = count(writers, tables);
            refuseIfAsked(rows);
            // all that was committed so far is in the table, and before this position
            String here = catalog.endOfLog();
            catalog.register();
            if (rows > 0) {
                catalog.advance(temporary, here);
                new Rewriting(writers, source.table()).run(tables);
            }
            writers.commit();
            if (rows > 0) {
                report.accept("Outbox " + source.table() + ": " + rows + (rows == 1 ? " event" : " events")
                        + " written before there was a slot " + (rows == 1 ? "is" : "are")
                        + " sent, in the order of their aggregates.");
            }
        }
        catalog.makeLasting(temporary);
        catalog.noteStart();
    }

    private void lockOutWriters(Connection connection) throws SQLException, MigrationException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("set local lock_timeout = '5s'");
            statement.execute("lock table " + source.table() + " in share row exclusive mode");
        } catch (SQLException e) {
            if ("55P03".equals(e.getSQLState())) {
                throw new MigrationException(
                        "writers of " + source.table() + " could not be locked out within 5 s; "
                                + SlotCatalog.openTransactions(sessions),
                        e);
            }
            throw e;
        }
    }

    private void refuseIfAsked(long rows) throws MigrationException {
        if (rows > 0 && existing == Migration.Existing.REFUSE) {
            throw new MigrationException(source.table() + " has " + rows + " events already, which no slot has seen."
                    + " Nothing was made. Use --existing resend to send them, or delete those that nobody needs");
        }
    }

    /** The outbox, and what upkeep has detached from it: all that may hold events that nobody was sent. */
    private List<String> tables(Connection connection) throws SQLException {
        List<String> tables = new ArrayList<>(List.of(source.table()));
        String schema = source.table().substring(0, source.table().indexOf('.'));
        try (PreparedStatement query = connection.prepareStatement(RETIRED)) {
            query.setString(1, schema);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    tables.add(schema + "." + rows.getString(1)); // outbox_pYYYYMMDD, by a check of the table
                }
            }
        }
        return tables;
    }

    private static long count(Connection connection, List<String> tables) throws SQLException {
        long count = 0;
        for (String table : tables) {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("select count(*) from " + table)) {
                row.next();
                count += row.getLong(1);
            }
        }
        return count;
    }

    /** Until the connection is closed. */
    private void waitForOthers(Connection connection) throws SQLException, MigrationException {
        try (Statement statement = connection.createStatement();
                PreparedStatement lock = connection.prepareStatement(ALONE)) {
            statement.execute("set lock_timeout = " + patience.toMillis());
            lock.setString(1, source.slot());
            lock.execute();
            statement.execute("reset lock_timeout");
        } catch (SQLException e) {
            if ("55P03".equals(e.getSQLState())) {
                throw new MigrationException(
                        "another migration makes slot " + source.slot() + ", and had not ended within "
                                + patience.toSeconds() + " s; run this again when it has",
                        e);
            }
            throw e;
        }
    }

    /** From 17 on a slot can follow a failover. One that cannot is still a slot. */
    private String failover(Connection connection) throws SQLException {
        if (connection.getMetaData().getDatabaseMajorVersion() < 17) {
            return "";
        }
        try (Connection replication = sessions.openForReplication();
                Statement statement = replication.createStatement()) {
            statement.execute("ALTER_REPLICATION_SLOT " + source.slot() + " (FAILOVER true)");
            return ", with failover";
        } catch (SQLException e) {
            return ", without failover ("
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse("") + ")";
        }
    }
}
