/**
 * Writes events into the outbox, inside the caller's own transaction.
 *
 * <p>Start at {@link Outbox}. Everything here is immutable and safe for many threads; connections are
 * the caller's, never committed, rolled back or closed. Nothing here logs.
 */
@NullMarked
package dev.tidemark.outbox;

import org.jspecify.annotations.NullMarked;
