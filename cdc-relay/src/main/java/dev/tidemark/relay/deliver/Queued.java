package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Envelope;
import java.time.Instant;

/** An event in a lane, and how often it was tried. Belongs to the lane's thread once it is taken. */
final class Queued {

    final Envelope envelope;
    final Instant committedAt;
    final InFlight.Entry entry;
    final int bytes;
    int failures;

    Queued(Envelope envelope, Instant committedAt, InFlight.Entry entry) {
        this.envelope = envelope;
        this.committedAt = committedAt;
        this.entry = entry;
        this.bytes = envelope.approximateBytes();
    }
}
