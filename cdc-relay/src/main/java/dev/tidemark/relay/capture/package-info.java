/**
 * From the write-ahead log to envelopes. The only place that knows Debezium.
 *
 * <p>Start at {@link ChangeFeed}; {@link DebeziumFeed} is the one there is. A feed has one thread, on which
 * it reads, offers and acknowledges. It does not know subscribers: whoever receives says what is settled.
 */
@NullMarked
package dev.tidemark.relay.capture;

import org.jspecify.annotations.NullMarked;
