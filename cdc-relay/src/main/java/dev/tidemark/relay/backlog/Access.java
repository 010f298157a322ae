package dev.tidemark.relay.backlog;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.MalformedEnvelopeException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * How the backlog is reached: one statement at a time, in auto-commit mode, so that a process that freezes leaves no
 * transaction open. Safe for many threads.
 */
final class Access {

    /**
     * The part of every writing statement that makes it a leader's. The row is locked until the statement has ended,
     * against a change of the epoch and against nothing else (V004 says how): once a new leader has raised the
     * epoch, no statement of an older one is under way, and none finds the row any more.
     */
    static final String FENCE = """
            with fence as materialized (
                select 1 as leads from tidemark.relay where slot = ? and epoch = ? for key share)
            """;

    /** Locks what {@link #FENCE} locks, against that. */
    private static final String UNDER_WAY = "select 1 from tidemark.relay where slot = ? and epoch = ? for update";

    private static final String END_OF_LOG = "select pg_current_wal_insert_lsn()";

    private final Databases databases;
    private final String slot;
    private final long epoch;
    private final @Nullable SameServer same;

    /** @param server that the backlog was on when the term began; null if it is in the database of the outbox */
    Access(Databases databases, String slot, long epoch, @Nullable String server) {
        this.databases = requireNonNull(databases, "databases");
        this.slot = requireNonNull(slot, "slot");
        this.epoch = epoch;
        this.same = server == null ? null : new SameServer(server);
    }

    /** What is done with a connection; executes whole statements only. */
    interface Work<T> {
        T on(Connection connection) throws SQLException, BacklogException;
    }

    /** @param action for people, such as {@code store 12 events for shipping} */
    <T> T run(String action, Work<T> work) throws BacklogException {
        return run(databases.backlog(), action, connection -> {
            if (same != null) {
                same.require(connection);
            }
            return work.on(connection);
        });
    }

    /** Asks the database of the outbox. */
    <T> T ask(String action, Work<T> work) throws BacklogException {
        return run(databases.source(), action, work);
    }

    /**
     * Where the log of the source ends now, such as {@code 16/B374D848}; null if the statement that stores can say so
     * itself, for the backlog is there.
     */
    @Nullable
    String endOfSourceLog() throws BacklogException {
        if (!databases.apart()) {
            return null;
        }
        return ask(
                "ask the source where its log ends",
                tx -> new Parameters(tx, END_OF_LOG).query(row -> {
                    row.next();
                    return row.getString(1);
                }));
    }

    private static <T> T run(DataSource database, String action, Work<T> work) throws BacklogException {
        try (Connection connection = database.getConnection()) {
            if (!connection.getAutoCommit()) {
                connection.setAutoCommit(true);
            }
            return work.on(connection);
        } catch (SQLException e) {
            throw new BacklogException("could not " + action + ": " + explain(e), e);
        } catch (MalformedEnvelopeException e) {
            throw new BacklogException(
                    "could not " + action + ": an event cannot be kept or read: " + e.getMessage(), e);
        }
    }

    /** A statement that begins with {@link #FENCE}, whose parameters are set. */
    Parameters fenced(Connection connection, String sql) throws SQLException {
        return new Parameters(connection, FENCE + sql).text(slot).number(epoch);
    }

    /**
     * Waits for the statements of this epoch that are under way, such as one whose answer was lost with its connection: what
     * they write is seen after this.
     *
     * @throws FencedException if another relay leads now
     */
    void awaitStatementsUnderWay(Connection connection) throws SQLException, BacklogException {
        boolean leads =
                new Parameters(connection, UNDER_WAY).text(slot).number(epoch).query(ResultSet::next);
        requireLead(leads ? 1 : 0);
    }

    /** @param leads what a fenced statement found of the fence: rows, 0 or 1 */
    void requireLead(long leads) throws FencedException {
        if (leads != 1) {
            throw new FencedException(
                    "another relay leads slot " + slot + " now: epoch " + epoch + " is over, and nothing was changed");
        }
    }

    private static String explain(SQLException e) {
        String said = String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given");
        String hint = switch (String.valueOf(e.getSQLState())) {
            case "42P01", "42703" -> "; bring the tables to this version by \"tidemark migrate\"";
            case "42501" -> "; apply roles.sql by \"tidemark migrate --roles\"";
            default -> "";
        };
        return said + " (SQLSTATE " + e.getSQLState() + ")" + hint;
    }
}
