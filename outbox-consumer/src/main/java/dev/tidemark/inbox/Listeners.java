package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Tells several listeners. */
final class Listeners implements InboxListener {

    private final List<InboxListener> all;

    Listeners(List<InboxListener> all) {
        this.all = all;
    }

    @Override
    public void applied(Envelope event, Duration lag) {
        all.forEach(one -> one.applied(event, lag));
    }

    @Override
    public void duplicate(Envelope event) {
        all.forEach(one -> one.duplicate(event));
    }

    @Override
    public void stale(Envelope event) {
        all.forEach(one -> one.stale(event));
    }

    @Override
    public void gap(Envelope event, long expectedVersion) {
        all.forEach(one -> one.gap(event, expectedVersion));
    }

    @Override
    public void waiting(Envelope event, long expectedVersion) {
        all.forEach(one -> one.waiting(event, expectedVersion));
    }

    @Override
    public void dead(Envelope event, int attempts, Exception failure) {
        all.forEach(one -> one.dead(event, attempts, failure));
    }

    @Override
    public void conflict(Envelope event, UUID handledId) {
        all.forEach(one -> one.conflict(event, handledId));
    }

    @Override
    public void failed(@Nullable Envelope event, Exception failure) {
        all.forEach(one -> one.failed(event, failure));
    }

    @Override
    public void followed(String readModel, Envelope event, Duration lag) {
        all.forEach(one -> one.followed(readModel, event, lag));
    }

    @Override
    public void awaited(String readModel, Awaited awaited) {
        all.forEach(one -> one.awaited(readModel, awaited));
    }
}
