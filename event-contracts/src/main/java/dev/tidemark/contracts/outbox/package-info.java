/**
 * Lets an {@link dev.tidemark.outbox.Outbox} refuse events that are not what their contracts say. The only place that
 * knows the writer; it is an optional dependency.
 */
@NullMarked
package dev.tidemark.contracts.outbox;

import org.jspecify.annotations.NullMarked;
