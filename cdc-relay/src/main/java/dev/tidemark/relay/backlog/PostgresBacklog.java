package dev.tidemark.relay.backlog;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** One part of the table: what is asked goes to whoever does it. */
final class PostgresBacklog implements Backlog {

    private final Storing storing;
    private final Reading reading;
    private final Remembering remembering;
    private final Settling settling;
    private final CarryingOut carryingOut;

    PostgresBacklog(Access access, Part part) {
        this.storing = new Storing(access, part.subscriber());
        this.reading = new Reading(access, part);
        this.remembering = new Remembering(access, part);
        this.settling = new Settling(access, part);
        this.carryingOut = new CarryingOut(access, part);
    }

    @Override
    public Opening open(int mostBlocked) throws BacklogException {
        return remembering.open(mostBlocked);
    }

    @Override
    public List<Placed> store(List<Arrival> arrivals) throws BacklogException {
        return storing.store(arrivals);
    }

    @Override
    public Page read(long afterPosition, Collection<Aggregate> except, PageLimit limit) throws BacklogException {
        return reading.read(afterPosition, except, limit);
    }

    @Override
    public Page readAggregate(Aggregate aggregate, PageLimit limit) throws BacklogException {
        return reading.readAggregate(aggregate, limit);
    }

    @Override
    public Known known(Collection<Envelope> maybeResent) throws BacklogException {
        return remembering.known(maybeResent);
    }

    @Override
    public Set<Aggregate> blocked(Collection<Aggregate> aggregates) throws BacklogException {
        return remembering.blocked(aggregates);
    }

    @Override
    public void delivered(Collection<UUID> ids) throws BacklogException {
        settling.delivered(ids);
    }

    @Override
    public void bury(UUID id, int attempts, String reason) throws BacklogException {
        settling.bury(id, attempts, reason);
    }

    @Override
    public void attempted(UUID id, int attempts, String reason) throws BacklogException {
        settling.attempted(id, attempts, reason);
    }

    @Override
    public Carried carryOut(Command command) throws BacklogException {
        return carryingOut.carryOut(command);
    }
}
