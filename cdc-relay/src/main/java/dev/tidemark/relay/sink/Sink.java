package dev.tidemark.relay.sink;

import dev.tidemark.envelope.Envelope;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A destination. Several lanes call it at once, each with other aggregates.
 *
 * <p>Once an envelope of a batch is not {@linkplain Delivery.Delivered delivered}, no later one of its
 * aggregate in that batch may be delivered: it is {@linkplain Delivery.NotAttempted not attempted}. A sink
 * that pipelines and cannot promise this has at most one unresolved envelope per aggregate under way.
 */
public interface Sink extends AutoCloseable {

    /**
     * Tries once, in order.
     *
     * @param batch not empty, in commit order per aggregate
     * @return one outcome for each envelope, in the order of the batch; whatever is thrown instead is a bug
     *     of the sink and stops the relay
     * @throws InterruptedException if the lane is being stopped; what was sent counts as not attempted
     */
    List<Delivery> deliver(List<Envelope> batch) throws InterruptedException;

    /**
     * Why the destination is sent nothing more before a person acts, for people and without secrets; null while it is
     * sent what comes. What is to be delivered meanwhile is a {@linkplain Delivery.Retry retry}.
     */
    default @Nullable String halted() {
        return null;
    }

    /** A person has acted: the destination is sent events again. */
    default void resume() {}

    /** Gives connections back. No lane is delivering any more. */
    @Override
    default void close() {}
}
