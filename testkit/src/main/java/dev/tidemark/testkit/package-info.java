/**
 * What tests, benchmarks and the demo stand on: a real Postgres, and the means to break things.
 *
 * <p>Start at {@link dev.tidemark.testkit.PostgresServer}. Nothing here depends on another module of Tidemark.
 */
@NullMarked
package dev.tidemark.testkit;

import org.jspecify.annotations.NullMarked;
