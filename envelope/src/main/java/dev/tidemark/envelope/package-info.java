/**
 * An event as it travels: CloudEvents 1.0, in JSON and in HTTP headers.
 *
 * <p>Start at {@link Envelope}; {@link CloudEventsJson} and {@link CloudEventsHttp} are its two forms.
 * Everything here is immutable or stateless and safe for many threads. Nothing here knows a database,
 * a broker or a network.
 */
@NullMarked
package dev.tidemark.envelope;

import org.jspecify.annotations.NullMarked;
