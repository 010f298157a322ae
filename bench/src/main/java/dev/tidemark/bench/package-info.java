/**
 * Measures how fast the relay is beside what else there is: on the same server, from the same backlog, one at a time.
 *
 * <p>Start at {@link dev.tidemark.bench.BenchCommand}; {@link dev.tidemark.bench.Drain} is one measure. Each system is a
 * process of its own, whose CPU and memory the kernel tells; what it got is checked by {@link dev.tidemark.bench.Gate},
 * without which no figure counts. {@code bench/README.md} says how to read the results.
 */
@NullMarked
package dev.tidemark.bench;

import org.jspecify.annotations.NullMarked;
