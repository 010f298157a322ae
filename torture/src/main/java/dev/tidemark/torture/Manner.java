package dev.tidemark.torture;

import dev.tidemark.envelope.Envelope;
import java.util.Random;
import java.util.function.Predicate;

/** How a receiver behaves toward an event. */
interface Manner {

    /** What it does with one request. */
    enum Reaction {
        TAKE,
        /** Stores the event, and breaks the connection instead of answering. */
        TAKE_IN_SILENCE,
        /** 503. */
        REFUSE,
        /** 429 with Retry-After. */
        PUT_OFF,
        /** 400. */
        REJECT,
        /** Does not answer until it behaves otherwise. */
        HANG
    }

    Reaction toward(Envelope event);

    Manner GOOD = always(Reaction.TAKE);

    static Manner always(Reaction reaction) {
        return event -> reaction;
    }

    /** Reacts so to the events that {@code which} is true for, and takes the others. */
    static Manner toSome(Reaction reaction, Predicate<Envelope> which) {
        return event -> which.test(event) ? reaction : Reaction.TAKE;
    }

    /**
     * Refuses some, puts off a few, and forgets to answer some it has taken.
     *
     * @param largest number of events in a request: as it reacts to the request when it reacts to one of them, each of many
     *     is refused the less often, or no request of a hundred would ever pass
     */
    static Manner moody(long seed, int largest) {
        Random random = new Random(seed);
        int draws = 10_000 * Math.max(1, largest / 10);
        return event -> {
            int draw;
            synchronized (random) {
                draw = random.nextInt(draws);
            }
            if (draw < 200) {
                return Reaction.REFUSE;
            }
            if (draw < 203) {
                return Reaction.PUT_OFF;
            }
            return draw < 300 ? Reaction.TAKE_IN_SILENCE : Reaction.TAKE;
        };
    }
}
