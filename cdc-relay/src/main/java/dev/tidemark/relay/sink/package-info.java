/**
 * Destinations. One small class for each kind; all of them promise what {@link Sink} promises.
 *
 * <p>A sink is called by several lanes at once and must be safe for that; it knows envelopes and nothing
 * else of the relay. It does not retry, does not wait between attempts and keeps nothing.
 */
@NullMarked
package dev.tidemark.relay.sink;

import org.jspecify.annotations.NullMarked;
