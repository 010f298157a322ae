/**
 * From the write-ahead log to envelopes. The only place that knows Debezium.
 *
 * <p>Start at {@link ChangeFeed}; there are {@link DebeziumFeed} and {@link PgoutputFeed}. A feed has one thread, on which
 * it reads, offers and acknowledges. It does not know subscribers: whoever receives says what is settled.
 */
@NullMarked
package dev.tidemark.relay.capture;

import org.jspecify.annotations.NullMarked;
