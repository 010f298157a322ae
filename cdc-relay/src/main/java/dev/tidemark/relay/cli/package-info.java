/**
 * The command line. Start at {@link Main}.
 *
 * <p>Commands read options, call the rest of the relay and turn what comes of it into lines and an exit code:
 * 0 done, 1 failed, 2 wrong usage or configuration. They hold no logic of their own.
 */
@NullMarked
package dev.tidemark.relay.cli;

import org.jspecify.annotations.NullMarked;
