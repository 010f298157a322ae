/**
 * The relay: tails the write-ahead log of one database and forwards every committed event to its
 * subscribers, in commit order for each aggregate.
 *
 * <p>An event passes through {@code capture}, then {@code deliver}, then
 * {@code sink}; this package connects them, and {@code ops} and {@code cli} stand beside. One thread reads
 * and acknowledges, each lane has one that delivers. It keeps no state of its own: the slot is the only
 * checkpoint.
 */
@NullMarked
package dev.tidemark.relay;

import org.jspecify.annotations.NullMarked;
