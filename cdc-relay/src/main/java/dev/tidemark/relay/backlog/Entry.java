package dev.tidemark.relay.backlog;

import dev.tidemark.envelope.Envelope;
import java.time.Instant;

/**
 * A waiting event, read to be delivered.
 *
 * @param position in the subscriber's queue: events of one aggregate are delivered in this order
 * @param attempts made before
 */
public record Entry(long position, Envelope envelope, Instant committedAt, int attempts) {}
