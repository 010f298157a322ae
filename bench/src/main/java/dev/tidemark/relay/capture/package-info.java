/** Beside what it measures, as decoding is nobody's business but the feed's. */
@NullMarked
package dev.tidemark.relay.capture;

import org.jspecify.annotations.NullMarked;
