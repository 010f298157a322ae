package dev.tidemark.sample.demo;

import java.time.Instant;
import java.util.Set;

/**
 * Something that was killed with {@code kill -9}.
 *
 * @param concerned whose events it had in hands
 * @param at by this machine's clock
 * @param until when what it held was taken away from it: {@code at}, but for a broker, whose clients go on with what they have
 */
record Kill(Victim victim, Set<Subscription> concerned, Instant at, Instant until) {

    /** What can be killed. */
    enum Victim {
        RELAY,
        BROKER,
        CONSUMER
    }

    /** Of a process that had nothing behind it. */
    static Kill of(Victim victim, Set<Subscription> concerned) {
        Instant now = Instant.now();
        return new Kill(victim, concerned, now, now);
    }
}
