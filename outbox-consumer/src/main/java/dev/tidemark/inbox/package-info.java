/**
 * Handles each event once, and keeps read models that no late event can spoil.
 *
 * <p>Start at {@link Inbox}, which remembers what was handled; {@link ReadModel} is a table derived from events;
 * {@link HttpSubscription} receives events and puts each through an inbox, in a transaction of its own;
 * {@link IncomingSubscription} does so with those that a relay puts into a table. {@link ReadModel#await} lets whoever has
 * written read it; {@link dev.tidemark.inbox.directory} asks the owner where a read model will not do.
 *
 * <p>Everything here is immutable or guards itself, and is safe for many threads. A connection that is passed in is
 * its caller's: it is never committed, rolled back or closed. Only what is called {@code start} starts threads.
 *
 * <p>What it does not do: order events that came out of order (it reports the gap), keep events whose handler fails
 * (whoever delivered them does, and delivers them again), or make effects outside of the database happen once.
 */
@NullMarked
package dev.tidemark.inbox;

import org.jspecify.annotations.NullMarked;
