/**
 * Whether everything that one JSON Schema accepts is accepted by another too, with a document that shows it if not.
 *
 * <p>Start at {@link Inclusion}. It looks for a document that the one accepts and the other refuses: a {@link Search}
 * for something that satisfies a {@link Goal}. Nothing here reads a file or the network. What a {@link SchemaDocument}
 * holds is immutable; a search is for one thread.
 */
@NullMarked
package dev.tidemark.contracts.schema;

import org.jspecify.annotations.NullMarked;
