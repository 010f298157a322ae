package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.envelope.MalformedEnvelopeException;

/** What a broker delivered, and keeps until it is told. */
interface Message {

    /** @throws MalformedEnvelopeException if it is no event */
    Envelope event();

    /**
     * The broker need not keep it: its event is handled, and that is committed. Called once, by any thread. What it throws
     * is of no consequence: the message is delivered again, and the inbox knows the event.
     */
    void done() throws Exception;

    /**
     * It is not to be handled any more, though it never was: called after each failure.
     *
     * @param attempts that have failed in a row; what {@linkplain Failures#mayPass may pass} is none, so there may be none yet
     * @param failure the last one, also if it is no such attempt
     * @return whether the broker has been told so, and the next event of the aggregate may come
     */
    default boolean givenUp(int attempts, Exception failure) throws Exception {
        return false;
    }

    /** It cannot be read, and is to be passed over: as {@link #done}, unless the broker has a place for such. */
    default void passOver() throws Exception {
        done();
    }
}
