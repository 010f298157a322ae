package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;
import java.util.function.Consumer;

/** A topic, queue or stream of a test's own, and the way of others to it. */
interface Place {

    /** Puts events into it, in order, as the relay does; returns when the broker has them for good. */
    void send(Envelope... events) throws Exception;

    /** Puts something into it that is no event. */
    void sendGarbage() throws Exception;

    /** Takes so many messages as a consumer that dies without having acknowledged any. */
    void takeAndDie(int messages) throws Exception;

    /** Begins to read. */
    Reading start(Consumer<BrokerSubscriptionBuilder<?>> settings);

    /** How many messages the broker would still deliver, or has delivered without an acknowledgement. */
    long left() throws Exception;
}
