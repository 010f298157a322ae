package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Envelope;
import java.util.List;

/**
 * What a lane has to do now: deliver a batch, or wait.
 *
 * @param batch empty if there is nothing to deliver
 * @param nanos how long to wait then; 0 if there may be something at once, {@link Lane#NOTHING_DUE} if only an
 *     offer can change that
 */
record Turn(List<Envelope> batch, long nanos) {

    static Turn deliver(List<Envelope> batch) {
        return new Turn(List.copyOf(batch), 0);
    }

    static Turn await(long nanos) {
        return new Turn(List.of(), nanos);
    }

    boolean delivers() {
        return !batch.isEmpty();
    }
}
