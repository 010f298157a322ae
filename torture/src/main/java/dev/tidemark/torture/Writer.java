package dev.tidemark.torture;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * One of several at once that change items, and do it in every awkward way: a transaction stays open while others
 * commit, is rolled back, or is rolled back to a savepoint and goes on; one of them has very many events.
 *
 * <p>What it does depends on its seed, except for what it must do again after a failure of the database.
 */
final class Writer implements Callable<@Nullable Void> {

    private static final List<Way> WAYS = List.of(Way.values());
    private static final Duration LOOKS_AGAIN_AFTER = Duration.ofMillis(200);
    private static final int KEYS = 150;

    /** Few, so that one big transaction has many events of each aggregate. */
    private static final int BIG_KEYS = 10;

    private final String name;
    private final DataSource database;
    private final Ledger ledger;
    private final Appending appending = new Appending();
    private final Random random;
    private final int ahead;
    private int left;
    private int big;
    private int values;

    /** A transaction that is left open while {@code steps} others are begun and ended. */
    private record Waiting(Transaction transaction, int steps) {}

    private @Nullable Waiting waiting;

    /**
     * A writer with its own part of the run.
     *
     * @param database a pool, not in auto-commit mode
     * @param events how many events it commits, about
     * @param big events of one transaction in the middle of it; 0 for none
     * @param ahead events that may be committed and not delivered: beyond, it waits
     */
    Writer(String name, DataSource database, Ledger ledger, long seed, int events, int big, int ahead) {
        this.name = name;
        this.database = database;
        this.ledger = ledger;
        this.random = new Random(seed);
        this.left = events;
        this.big = big;
        this.ahead = ahead;
    }

    @Override
    public @Nullable Void call() throws InterruptedException {
        int half = left / 2;
        try {
            while (left > 0) {
                while (!ledger.await(() -> ledger.outstanding() < ahead, LOOKS_AGAIN_AFTER)) {
                    // the relay is down, or slower than we are
                }
                try {
                    if (big > 0 && left <= half) {
                        commitBig();
                    } else {
                        step();
                    }
                } catch (SQLException e) {
                    ledger.await(() -> false, LOOKS_AGAIN_AFTER); // the database is down, or there was a deadlock
                }
            }
        } finally {
            endWaiting();
        }
        return null;
    }

    private void step() throws SQLException, InterruptedException {
        if (waiting == null && random.nextInt(6) == 0) {
            waiting = new Waiting(open(), 1 + random.nextInt(6));
        }
        switch (random.nextInt(8)) {
            case 0 -> rollBack();
            case 1 -> commitWithSavepoint();
            default -> commit();
        }
        Waiting open = waiting;
        if (open != null && open.steps() == 0) {
            endWaiting();
        } else if (open != null) {
            waiting = new Waiting(open.transaction(), open.steps() - 1);
        }
    }

    private void commit() throws SQLException, InterruptedException {
        try (Transaction transaction = begin()) {
            Way way = way();
            transaction.write(way, changes(way));
            left -= transaction.commit();
        }
    }

    private void rollBack() throws SQLException {
        try (Transaction transaction = begin()) {
            Way way = way();
            transaction.write(way, changes(way));
        }
    }

    private void commitWithSavepoint() throws SQLException, InterruptedException {
        try (Transaction transaction = begin()) {
            Way way = way();
            transaction.write(way, changes(way));
            Way second = way();
            transaction.writeInVain(second, changes(second));
            Way third = way();
            transaction.write(third, changes(third));
            left -= transaction.commit();
        }
    }

    /** Its keys are its own: it would hold up itself by the lock on a version counter. */
    private Transaction open() throws SQLException {
        Transaction transaction = begin();
        try {
            Way way = way();
            List<Change> changes = new ArrayList<>();
            for (int i = 0; i <= random.nextInt(3); i++) {
                changes.add(new Change("p-" + name + "-" + i, value()));
            }
            transaction.write(way, changes);
            return transaction;
        } catch (SQLException e) {
            transaction.close();
            throw e;
        }
    }

    private void endWaiting() throws InterruptedException {
        Waiting open = waiting;
        waiting = null;
        if (open != null) {
            try (Transaction transaction = open.transaction()) {
                if (random.nextInt(4) != 0) {
                    left -= transaction.commit();
                }
            }
        }
    }

    private void commitBig() throws SQLException, InterruptedException {
        List<Change> changes = new ArrayList<>(big);
        for (int i = 0; i < big; i++) {
            changes.add(new Change("big-" + i % BIG_KEYS, value()));
        }
        try (Transaction transaction = begin()) {
            transaction.write(Way.COPY, changes);
            int committed = transaction.commit();
            left -= committed;
            big = committed > 0 ? 0 : big;
        }
    }

    private Transaction begin() throws SQLException {
        return Transaction.begin(database, ledger, appending);
    }

    private Way way() {
        return WAYS.get(random.nextInt(WAYS.size()));
    }

    /** Sorted, so that deadlocks are rare; a few keys get most. */
    private List<Change> changes(Way way) {
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(way.most()); i++) {
            double draw = random.nextDouble();
            changes.add(new Change("k" + (int) (KEYS * draw * draw * draw), random.nextInt(10) == 0 ? null : value()));
        }
        changes.sort(Comparator.comparing(Change::key));
        return changes;
    }

    private String value() {
        return name + "-" + ++values + "≈".repeat(random.nextInt(20));
    }
}
