@NullMarked
package dev.tidemark.outbox.jdbi;

import org.jspecify.annotations.NullMarked;
