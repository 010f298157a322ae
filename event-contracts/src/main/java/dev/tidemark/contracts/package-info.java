/**
 * Contracts of events: a JSON Schema for each version of each type of event, with who writes and who reads it.
 *
 * <p>Start at {@link Contracts}. It is immutable and safe for many threads.
 */
@NullMarked
package dev.tidemark.contracts;

import org.jspecify.annotations.NullMarked;
