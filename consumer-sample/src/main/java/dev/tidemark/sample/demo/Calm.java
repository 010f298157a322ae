package dev.tidemark.sample.demo;

import dev.tidemark.sample.demo.Change.Kind;
import dev.tidemark.sample.demo.Ledger.Written;
import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Before the storm: one change at a time, each after the one before has arrived. What is measured here is the way of
 * an event from its commit to the replica, and not a queue.
 */
final class Calm {

    /** Users that everybody renames in the storm, and nobody deletes. */
    static final int SHARED_USERS = 6;

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Database database;
    private final Ledger ledger;
    private final Appending appending = new Appending();

    Calm(Database database, Ledger ledger) {
        this.database = database;
        this.ledger = ledger;
    }

    /** Writes {@code events} events, at least {@value #SHARED_USERS}, and returns the ids of the shared users. */
    List<String> run(int events) throws SQLException, InterruptedException {
        List<String> users = new ArrayList<>();
        try (Connection tx = database.connect()) {
            tx.setAutoCommit(false);
            for (int i = 0; i < events; i++) {
                if (i < SHARED_USERS) {
                    users.add(UUID.randomUUID().toString());
                    write(tx, new Change(Kind.CREATE, users.get(i), "Shared " + i, 0));
                } else {
                    write(tx, new Change(Kind.RENAME, users.get(i % SHARED_USERS), "Calm " + i, 0));
                }
                awaitHandled(i + 1);
            }
        }
        return users;
    }

    private void write(Connection tx, Change change) throws SQLException {
        change.apply(tx);
        List<Written> events = appending.append(tx, Way.RETAINED, List.of(change));
        ledger.committing(events);
        tx.commit();
        ledger.committed(events);
    }

    private void awaitHandled(int events) throws InterruptedException {
        if (!ledger.await(() -> ledger.handledCount() >= events, PATIENCE)) {
            throw new IllegalStateException("event " + events + " was not delivered within " + PATIENCE.toSeconds()
                    + " s, though nobody had disturbed anything yet");
        }
    }
}
