/**
 * Brings a database to the point where a relay can read it: schema, roles, slot.
 *
 * <p>Start at {@link Migration}. All of it may be run again at any time, and after a crash at any point: what
 * is there is left alone, what is missing is made. One thread, connections of its own.
 */
@NullMarked
package dev.tidemark.relay.migrate;

import org.jspecify.annotations.NullMarked;
