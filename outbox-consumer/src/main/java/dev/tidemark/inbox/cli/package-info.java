/** The command {@code tidemark inbox}. */
@NullMarked
package dev.tidemark.inbox.cli;

import org.jspecify.annotations.NullMarked;
