package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;

/** What kind of delivery an event comes with: by itself, or because somebody asked. */
enum Redelivery {

    /** It comes for the first time, or once more because nobody knew whether it had arrived. */
    NONE,

    /** {@code replay:<job>}: an event of the past. */
    REPLAY,

    /** {@code state:<job>}: not what happened, but what is there at a version; or, without data, that nothing is. */
    STATE;

    /** @throws UnsupportedRedelivery if it is of a kind that a newer version has made */
    static Redelivery of(Envelope event) {
        String redelivery = event.redelivery();
        if (redelivery == null) {
            return NONE;
        }
        if (redelivery.startsWith("replay:")) {
            return REPLAY;
        }
        if (redelivery.startsWith("state:")) {
            return STATE;
        }
        throw new UnsupportedRedelivery(event);
    }
}
