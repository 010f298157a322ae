package dev.tidemark.torture;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;

/**
 * One transaction of a writer, which tells the {@link Ledger} what became of its events. For one thread.
 *
 * <p>It leaves a mark in a table, for when the answer to its commit is lost: the number of a transaction would not do,
 * a server that crashed gives those it has not written down to others.
 */
final class Transaction implements AutoCloseable {

    private static final Duration ASKS_AGAIN_AFTER = Duration.ofMillis(100);

    private final DataSource database;
    private final Ledger ledger;
    private final Appending appending;
    private final Connection connection;
    private final UUID mark = UUID.randomUUID();
    private final List<Written> events = new ArrayList<>();
    private boolean open = true;

    private Transaction(DataSource database, Ledger ledger, Appending appending, Connection connection) {
        this.database = database;
        this.ledger = ledger;
        this.appending = appending;
        this.connection = connection;
    }

    /** @throws SQLException if the database does not answer */
    static Transaction begin(DataSource database, Ledger ledger, Appending appending) throws SQLException {
        Transaction begun = new Transaction(database, ledger, appending, database.getConnection());
        try (PreparedStatement insert = begun.connection.prepareStatement("insert into mark (id) values (?)")) {
            insert.setObject(1, begun.mark);
            insert.executeUpdate();
            return begun;
        } catch (SQLException e) {
            begun.close();
            throw e;
        }
    }

    /** Changes the rows and appends the events. After a failure, only closing is left. */
    void write(Way way, List<Change> changes) throws SQLException {
        events.addAll(put(way, changes));
    }

    /** Writes, and takes it back. */
    void writeInVain(Way way, List<Change> changes) throws SQLException {
        Savepoint savepoint = connection.setSavepoint();
        ledger.rolledBack(put(way, changes));
        connection.rollback(savepoint);
    }

    private List<Written> put(Way way, List<Change> changes) throws SQLException {
        Map<String, Change> last = new LinkedHashMap<>();
        changes.forEach(change -> last.put(change.key(), change));
        for (Change change : last.values()) {
            change.apply(connection);
        }
        return appending.append(connection, way, changes);
    }

    /**
     * Commits; if the server does not say what became of it, it is asked until it does.
     *
     * @return how many events were committed
     */
    int commit() throws InterruptedException {
        open = false;
        boolean committed;
        try {
            connection.commit();
            committed = true;
        } catch (SQLException unknown) {
            committed = askUntilItIsKnown();
        }
        if (committed) {
            ledger.committed(events);
        } else {
            ledger.rolledBack(events);
        }
        return committed ? events.size() : 0;
    }

    private boolean askUntilItIsKnown() throws InterruptedException {
        while (true) {
            try (Connection other = database.getConnection();
                    PreparedStatement query = other.prepareStatement("select from mark where id = ?")) {
                query.setObject(1, mark);
                try (ResultSet row = query.executeQuery()) {
                    return row.next();
                }
            } catch (SQLException stillUnknown) {
                ledger.await(() -> false, ASKS_AGAIN_AFTER);
            }
        }
    }

    /** Rolls back what is not committed. */
    @Override
    public void close() {
        try (connection) {
            if (open) {
                open = false;
                ledger.rolledBack(events);
                connection.rollback();
            }
        } catch (SQLException broken) {
            // then the server rolls it back
        }
    }
}
