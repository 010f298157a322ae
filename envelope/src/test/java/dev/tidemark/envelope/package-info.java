@NullMarked
package dev.tidemark.envelope;

import org.jspecify.annotations.NullMarked;
