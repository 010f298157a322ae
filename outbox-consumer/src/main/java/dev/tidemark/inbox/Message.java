package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.envelope.MalformedEnvelopeException;

/** What a broker delivered, and keeps until it is told. */
interface Message {

    /** @throws MalformedEnvelopeException if it is no event */
    Envelope event();

    /**
     * The broker need not keep it: its event is handled, and that is committed, or it is none and is passed over. Called once, by any thread. What it throws
     * is of no consequence: the message is delivered again, and the inbox knows the event.
     */
    void done() throws Exception;

    /**
     * It is not to be handled any more, though it never was: called after each failure.
     *
     * @return whether the broker has been told so, and the next event of the aggregate may come
     */
    default boolean givenUp(Exception failure) throws Exception {
        return false;
    }
}
