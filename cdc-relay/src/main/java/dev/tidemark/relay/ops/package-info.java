/**
 * What operators see, and what runs beside the stream: metrics, health over HTTP, upkeep of the outbox.
 *
 * <p>Everything here can fail without an event being lost or late: it is asked, it logs, it never stops the
 * relay. No thread runs before {@code start}, none after {@code close}. What is served shows no secret, no
 * payload and no stack trace.
 */
@NullMarked
package dev.tidemark.relay.ops;

import org.jspecify.annotations.NullMarked;
