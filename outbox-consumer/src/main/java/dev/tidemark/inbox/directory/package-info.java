/**
 * Reads what another service owns: from the replica of it, and from its owner where the replica will not do.
 *
 * <p>Start at {@link dev.tidemark.inbox.directory.Directory}. It needs {@code dev.failsafe:failsafe} on the class path.
 * Everything here is safe for many threads. Nothing is cached, and nothing of an answer or a request is logged.
 */
@NullMarked
package dev.tidemark.inbox.directory;

import org.jspecify.annotations.NullMarked;
