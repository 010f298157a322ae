/** Compares a replica with its source while both are written to, by chunks of keys. */
@NullMarked
package dev.tidemark.relay.verify;

import org.jspecify.annotations.NullMarked;
