package dev.tidemark.relay.backlog;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * The part of a subscriber's backlog that one lane owns: the events of its aggregates. For one thread at a time.
 *
 * <p>Every method may be asked again after a {@link BacklogException}, and then changes nothing twice. It is whole or
 * not at all, except that many events are stored from the front, and a command is carried out, in several steps. A
 * {@link FencedException} says that another relay leads now.
 */
public interface Backlog {

    /**
     * What a lane must know before its first delivery.
     *
     * @param mostBlocked how many blocked aggregates it would like to hold in memory
     */
    Opening open(int mostBlocked) throws BacklogException;

    /**
     * Puts events behind all that is stored, in the order given. One whose key is there already, whatever became
     * of it, is left as it is.
     *
     * @return where each one is, in the same order
     */
    List<Placed> store(List<Arrival> arrivals) throws BacklogException;

    /**
     * The next waiting events after a position, in order; none of an aggregate that is blocked by a dead event.
     *
     * @param except aggregates that are left out
     */
    Page read(long afterPosition, Collection<Aggregate> except, PageLimit limit) throws BacklogException;

    /** The first waiting events of one aggregate, in order; none if it is blocked by a dead event. */
    Page readAggregate(Aggregate aggregate, PageLimit limit) throws BacklogException;

    /** What the backlog remembers of events that may come for the second time, and of their aggregates. */
    Known known(Collection<Envelope> maybeResent) throws BacklogException;

    /** Those of the aggregates that have an event waiting, or are blocked by a dead one. */
    Set<Aggregate> blocked(Collection<Aggregate> aggregates) throws BacklogException;

    /** They were delivered. Their keys stay until the slot has durably passed them. */
    void delivered(Collection<UUID> ids) throws BacklogException;

    /** A waiting event was rejected: it is dead. */
    void bury(UUID id, int attempts, String reason) throws BacklogException;

    /** Notes how often a waiting event was tried in vain, and why, for those who look. */
    void attempted(UUID id, int attempts, String reason) throws BacklogException;

    /**
     * Does to the events of this part what a person asked for, as far as they were there when it was asked; one step
     * of it, if they are many. What waits and is to be retried is counted only if events or an aggregate are named.
     */
    Carried carryOut(Command command) throws BacklogException;
}
