package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What all subscriptions have in common: each event in a transaction of its own, through the inbox to its handler.
 * When {@link #take} returns, the transaction has committed; when it throws, nothing is left of it.
 */
final class Intake {

    private static final Logger log = LoggerFactory.getLogger(Intake.class);

    private final Inbox inbox;
    private final DataSource dataSource;
    private final Dispatch dispatch;
    private final int attempts;
    private final Seldom listenerFailures = new Seldom(System::nanoTime);

    private volatile Runnable whenTurnMayHaveCome = () -> {};

    /** @param attempts after which an event is given up */
    Intake(Inbox inbox, DataSource dataSource, Dispatch dispatch, int attempts) {
        this.inbox = inbox;
        this.dataSource = dataSource;
        this.dispatch = dispatch;
        this.attempts = attempts;
    }

    Inbox inbox() {
        return inbox;
    }

    Set<String> types() {
        return dispatch.types();
    }

    /** Who is told that the turn of something that waits in the inbox may have come. */
    void tellOfTurns(Runnable whenTurnMayHaveCome) {
        this.whenTurnMayHaveCome = whenTurnMayHaveCome;
    }

    /**
     * Handles one event, and tells the listener what came of it.
     *
     * @throws NoConnection if the data source gave none
     * @throws Exception whatever the inbox or the handler threw; what went wrong in rolling back is suppressed in it
     */
    Outcome take(Envelope event) throws Exception {
        Handled handled;
        try {
            handled = inTransaction(event);
        } catch (Exception e) {
            failed(event, e);
            throw e;
        }
        done(handled);
        return handled.outcome();
    }

    /**
     * Handles events in their order, in one transaction: all, or none if one fails. The listener is told of each, or of
     * the one that failed; of all if it was the commit.
     *
     * @throws Exception as {@link #take}
     */
    void takeAll(List<Envelope> events) throws Exception {
        List<Handled> handled = new ArrayList<>(events.size());
        List<Envelope> toBlame = events;
        try (Connection tx = connect()) {
            try {
                for (Envelope event : events) {
                    toBlame = List.of(event);
                    handled.add(handle(tx, event));
                }
                toBlame = events;
                tx.commit();
            } catch (Throwable t) {
                rollBack(tx, t);
                throw t;
            }
        } catch (Exception e) {
            toBlame.forEach(event -> failed(event, e));
            throw e;
        }
        handled.forEach(this::done);
    }

    /** As {@link #take}, in a transaction of the caller's; the listener is told by {@link #done} or {@link #failed}. */
    Handled within(Connection tx, Envelope event) throws Exception {
        return handle(tx, event);
    }

    /** As {@link #within}, of an event that the inbox has kept. */
    Handled within(Connection tx, KeptEvents.Kept kept) throws Exception {
        return inbox.taking().takeKept(tx, kept, this::dispatch);
    }

    /** Whether a failure is one of those after so many of which an event is given up. */
    boolean counts(Exception failure) {
        return !Failures.mayPass(failure);
    }

    /** @param failed attempts that count, with this one */
    boolean isHopeless(Exception failure, int failed) {
        return counts(failure) && (failed >= attempts || Failures.isForGood(failure));
    }

    /**
     * Makes an event dead in a transaction of its own. Its delivery may be acknowledged then.
     *
     * @throws Exception if that cannot be; it is to be tried again
     */
    void bury(Envelope event, int failed, Exception failure) throws Exception {
        boolean buried;
        try (Connection tx = connect()) {
            try {
                buried = buryWithin(tx, event, failed, failure);
                tx.commit();
            } catch (Throwable t) {
                rollBack(tx, t);
                throw t;
            }
        }
        if (buried) {
            dead(event, failed, failure);
        }
    }

    /** As {@link #bury}, in a transaction of the caller's, who calls {@link #dead} after it if this was true. */
    boolean buryWithin(Connection tx, Envelope event, int failed, Exception failure) throws Exception {
        return inbox.taking()
                .bury(
                        tx,
                        StorableText.require(event),
                        dispatch.has(event.type()) || Failures.isForGood(failure),
                        failed,
                        Failures.reason(failure));
    }

    /** It is dead, and that is committed. */
    void dead(Envelope event, int failed, Exception failure) {
        tell(() -> inbox.listener().dead(event, failed, failure));
    }

    /** What waits for too long is told to the listener. */
    void gap(KeptEvents.Overdue overdue) {
        tell(() -> inbox.listener().gap(overdue.event(), overdue.expectedVersion()));
    }

    /** It is committed. */
    void done(Handled handled) {
        tell(() -> inbox.tell(handled));
        if (handled.held() && handled.outcome().applied()) {
            whenTurnMayHaveCome.run();
        }
    }

    /** Tells the listener that a delivery could not even be read. */
    void unreadable(Exception failure) {
        tell(() -> inbox.listener().failed(null, failure));
    }

    /** @param event null if it could not be read */
    void failed(@Nullable Envelope event, Exception failure) {
        tell(() -> inbox.listener().failed(event, failure));
    }

    private Handled inTransaction(Envelope event) throws Exception {
        try (Connection tx = connect()) {
            try {
                Handled handled = handle(tx, event);
                tx.commit();
                return handled;
            } catch (Throwable t) {
                rollBack(tx, t);
                throw t;
            }
        }
    }

    private Handled handle(Connection tx, Envelope event) throws Exception {
        return inbox.take(tx, StorableText.require(event), this::dispatch, dispatch.has(event.type()));
    }

    /** A handler is looked for only once the inbox has decided that the event is to be handled: a duplicate needs none. */
    private void dispatch(Connection tx, Envelope event) throws Exception {
        dispatch.handlerFor(event).handle(tx, event);
    }

    /** With auto-commit switched off. */
    Connection connect() throws NoConnection {
        try {
            Connection connection = dataSource.getConnection();
            try {
                connection.setAutoCommit(false);
                return connection;
            } catch (SQLException e) {
                close(connection, e);
                throw e;
            }
        } catch (SQLException e) {
            throw new NoConnection(e);
        }
    }

    private static void rollBack(Connection tx, Throwable failure) {
        try {
            tx.rollback();
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }

    private static void close(Connection connection, Throwable failure) {
        try {
            connection.close();
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }

    /** The event is committed, or failed, by now: whatever a listener does cannot change that. */
    private void tell(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException | Error e) {
            listenerFailures.run(count -> log.warn(
                    "The inbox listener failed ({} times since the last warning). Metrics are off.", count, e));
        }
    }

    /** The pool is exhausted, or the database away. */
    static final class NoConnection extends Exception {

        private static final long serialVersionUID = 1;

        NoConnection(SQLException cause) {
            super("the data source gave no connection: " + cause.getMessage(), cause);
        }
    }
}
