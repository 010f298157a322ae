/**
 * Looks for all that keeps a relay from working, or will one day, and says what mends it.
 *
 * <p>Start at {@link dev.tidemark.relay.doctor.Doctor}. One class for each theme; all of them ask as the relay's own
 * role, on one connection, and change nothing; {@link dev.tidemark.relay.doctor.Remedy} does.
 */
@NullMarked
package dev.tidemark.relay.doctor;

import org.jspecify.annotations.NullMarked;
