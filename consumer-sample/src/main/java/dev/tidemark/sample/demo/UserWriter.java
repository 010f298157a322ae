package dev.tidemark.sample.demo;

import dev.tidemark.sample.demo.Ledger.Written;
import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * One of several at once that change users, and do it in every awkward way: a transaction stays open while
 * others commit, is rolled back, or is rolled back to a savepoint and goes on.
 *
 * <p>What it does depends on its seed only, except for what it must do again after a serialization failure.
 */
final class UserWriter implements Callable<@Nullable Void> {

    private static final List<Way> WAYS = List.of(Way.values());
    private static final Duration TRIES_AGAIN_AFTER = Duration.ofMillis(200);

    private final Database database;
    private final Ledger ledger;
    private final Appending appending = new Appending();
    private final Random random;
    private final Cast cast;
    private final int ahead;
    private int left;
    private @Nullable OpenTransaction open;

    /**
     * A writer with its own part of the run.
     *
     * @param events how many events it commits
     * @param ahead events of users that may be committed and not delivered: beyond, it waits
     */
    UserWriter(Database database, Ledger ledger, List<String> shared, long seed, int events, int ahead) {
        this.database = database;
        this.ledger = ledger;
        this.random = new Random(seed);
        this.cast = new Cast(random, shared);
        this.left = events;
        this.ahead = ahead;
    }

    /** A transaction that is left open while {@code steps} others are begun and ended. */
    private record OpenTransaction(List<Change> changes, List<Written> events, int steps) {}

    @Override
    public @Nullable Void call() throws SQLException, InterruptedException {
        try (Connection tx = begin();
                Connection second = begin()) {
            while (left > 0 || open != null) {
                while (!ledger.await(this::mayGoOn, TRIES_AGAIN_AFTER)) {
                    // the relay is down, or slower than we are
                }
                step(tx, second);
            }
        }
        return null;
    }

    private Connection begin() throws SQLException {
        Connection connection = database.connect();
        connection.setAutoCommit(false);
        return connection;
    }

    private boolean mayGoOn() {
        return ledger.outstanding(Subscription.USERS_TO_ORDERS) < ahead;
    }

    private void step(Connection tx, Connection second) throws SQLException {
        if (open == null && left > 3 && random.nextInt(8) == 0) {
            open(second);
        }
        int drawn = left == 0 ? -1 : random.nextInt(10);
        if (drawn == 0) {
            rollBack(tx);
        } else if (drawn == 1) {
            commitWithSavepoint(tx);
        } else if (drawn > 1) {
            commit(tx);
        }
        if (open != null) {
            open = new OpenTransaction(open.changes(), open.events(), open.steps() - 1);
            if (open.steps() == 0) {
                end(second, open);
            }
        }
    }

    private void commit(Connection tx) throws SQLException {
        Way way = way();
        List<Change> changes = cast.plan(Math.min(left, way.most()));
        end(tx, changes, write(tx, way, changes));
    }

    private void rollBack(Connection tx) throws SQLException {
        Way way = way();
        List<Change> changes = cast.plan(way.most());
        List<Written> events = write(tx, way, changes);
        tx.rollback();
        ledger.rolledBack(events);
        cast.dropped(changes);
    }

    /** Writes three parts and takes the middle one back, which has all there is about one user. */
    private void commitWithSavepoint(Connection tx) throws SQLException {
        List<Change> changes = cast.plan(Math.min(left, Way.BATCH.most()));
        String middle = changes.get(changes.size() / 2).id();
        List<Change> kept = new ArrayList<>();
        List<Written> events = new ArrayList<>();
        for (int part = -1; part <= 1; part++) {
            int sign = part;
            List<Change> some = changes.stream()
                    .filter(change -> Integer.signum(change.id().compareTo(middle)) == sign)
                    .toList();
            if (part == 0) {
                Savepoint savepoint = tx.setSavepoint();
                ledger.rolledBack(write(tx, way(), some));
                tx.rollback(savepoint);
                cast.dropped(some);
            } else {
                events.addAll(write(tx, way(), some));
                kept.addAll(some);
            }
        }
        end(tx, kept, events);
    }

    private void open(Connection second) throws SQLException {
        Way way = way();
        List<Change> changes = cast.planInPrivate(Math.min(3, Math.min(left - 1, way.most())));
        left -= changes.size(); // taken now, so that there is room for it at the end
        open = new OpenTransaction(changes, write(second, way, changes), 1 + random.nextInt(5));
    }

    private void end(Connection second, OpenTransaction transaction) throws SQLException {
        open = null;
        left += transaction.changes().size();
        if (random.nextInt(4) == 0) {
            second.rollback();
            ledger.rolledBack(transaction.events());
            cast.dropped(transaction.changes());
        } else {
            end(second, transaction.changes(), transaction.events());
        }
    }

    private Way way() {
        return WAYS.get(random.nextInt(WAYS.size()));
    }

    private List<Written> write(Connection tx, Way way, List<Change> changes) throws SQLException {
        if (changes.isEmpty()) {
            return List.of();
        }
        for (Change change : changes) {
            change.apply(tx);
        }
        return appending.append(tx, way, changes);
    }

    private void end(Connection tx, List<Change> changes, List<Written> events) throws SQLException {
        if (Commit.commit(tx, database.dataSource())) {
            ledger.committed(events);
            cast.applied(changes);
            left -= events.size();
        } else {
            ledger.rolledBack(events);
            cast.dropped(changes);
        }
    }
}
