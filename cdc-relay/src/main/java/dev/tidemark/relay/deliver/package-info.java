/**
 * From an envelope to settled: who wants it, in what order it is delivered, and what may be acknowledged.
 *
 * <p>Start at {@link Subscriber}; its {@code Lane}s deliver, and {@link InFlight} knows what is settled.
 * Events are offered on one thread, the feed's; each lane has one thread of its own, and that thread alone
 * delivers and settles the lane's events. Nothing here knows where events come from or what an LSN is.
 */
@NullMarked
package dev.tidemark.relay.deliver;

import org.jspecify.annotations.NullMarked;
