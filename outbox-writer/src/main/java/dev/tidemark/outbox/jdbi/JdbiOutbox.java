package dev.tidemark.outbox.jdbi;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Receipt;
import dev.tidemark.outbox.Outbox;
import dev.tidemark.outbox.OutboxEvent;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;

/**
 * Appends in the transaction of a {@link Handle}; in a {@code SqlObject}, that of {@code getHandle()}.
 *
 * <pre>{@code
 * jdbi.useTransaction(handle -> {
 *     handle.attach(Orders.class).insert(order);
 *     outbox.append(handle, OutboxEvent.of("order", order.id(), "order-placed", json));
 * });
 * }</pre>
 */
public final class JdbiOutbox {

    private final Outbox outbox;

    private JdbiOutbox(Outbox outbox) {
        this.outbox = outbox;
    }

    public static JdbiOutbox of(Outbox outbox) {
        return new JdbiOutbox(requireNonNull(outbox, "outbox"));
    }

    /**
     * Appends {@code event} in the transaction now open on {@code handle}.
     *
     * @throws IllegalStateException if there is none
     * @throws UnableToExecuteStatementException if the insert fails; its cause is the {@link SQLException}
     * @see Outbox#append
     */
    public Receipt append(Handle handle, OutboxEvent event) {
        return appendAll(handle, List.of(event)).get(0);
    }

    /**
     * Appends {@code events} in one round trip; like {@link #append}.
     *
     * @see Outbox#appendAll
     */
    public List<Receipt> appendAll(Handle handle, Collection<OutboxEvent> events) {
        if (!handle.isInTransaction()) {
            throw new IllegalStateException("no transaction is open on this handle, so " + events.size()
                    + (events.size() == 1 ? " event" : " events")
                    + " would not share one with your change; call inTransaction or useTransaction first");
        }
        try {
            return outbox.appendAll(handle.getConnection(), events);
        } catch (SQLException e) {
            throw new UnableToExecuteStatementException(e.getMessage(), e, null);
        }
    }
}
