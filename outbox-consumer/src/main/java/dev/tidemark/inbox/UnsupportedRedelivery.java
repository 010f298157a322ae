package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;

/**
 * A redelivery of a kind that this version does not know. It is refused as a whole, because to handle it
 * like a live event could overwrite a newer state.
 */
public final class UnsupportedRedelivery extends RuntimeException {

    private static final long serialVersionUID = 1;

    UnsupportedRedelivery(Envelope event) {
        super("event " + event + " is a redelivery of a kind that this consumer does not support: only live events,"
                + " replay:<job> and state:<job> are; upgrade the consumer, and deliver the event again");
    }
}
