@NullMarked
package dev.tidemark.outbox;

import org.jspecify.annotations.NullMarked;
