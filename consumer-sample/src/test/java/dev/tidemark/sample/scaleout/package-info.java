/** Tests of another engine on the same outbox: two workers of Kafka Connect. */
@NullMarked
package dev.tidemark.sample.scaleout;

import org.jspecify.annotations.NullMarked;
