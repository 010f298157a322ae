/**
 * Receives events in a Javalin application: what a few lines it takes to put Tidemark's HTTP subscription
 * into a web framework. Stateless and safe for many threads; it does not look into events.
 */
@NullMarked
package dev.tidemark.sample.javalin;

import org.jspecify.annotations.NullMarked;
