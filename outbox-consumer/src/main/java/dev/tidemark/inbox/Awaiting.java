package dev.tidemark.inbox;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Receipt;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;

/** Waits until a consumer has handled what a receipt stands for. No connection is held meanwhile. */
final class Awaiting {

    /**
     * How often to look where nobody tells: another process has handled it, and this one does not listen, or the
     * notification is lost with the connection.
     */
    static final Duration LOOKS_AGAIN = Duration.ofMillis(250);

    private final Inbox inbox;
    private final DataSource dataSource;
    private final long lookNanos;

    Awaiting(Inbox inbox, DataSource dataSource, Duration looksAgain) {
        this.inbox = inbox;
        this.dataSource = dataSource;
        this.lookNanos = looksAgain.toNanos();
    }

    /** @param receipt with a version */
    Awaited await(Receipt receipt, Duration timeout) throws SQLException, InterruptedException {
        long wanted = requireNonNull(receipt.version());
        long begun = System.nanoTime();
        try (Arrivals.Waiter waiter = inbox.arrivals().enter(receipt.aggregate())) {
            long version = look(receipt); // after entering: what commits from here on is told
            long left = timeout.toNanos() - (System.nanoTime() - begun);
            while (version < wanted && left > 0) {
                waiter.announce();
                long told = waiter.await(Math.min(left, lookNanos));
                version = told >= wanted ? told : look(receipt);
                left = timeout.toNanos() - (System.nanoTime() - begun);
            }
            return new Awaited(receipt, version, Duration.ofNanos(System.nanoTime() - begun));
        }
    }

    private long look(Receipt receipt) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            boolean inTransaction = !connection.getAutoCommit();
            try {
                return inbox.handledVersion(connection, receipt.aggregate());
            } finally {
                if (inTransaction) {
                    connection.rollback();
                }
            }
        }
    }
}
