package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Keeps what a listener was told, one line for each call. */
final class Heard implements InboxListener {

    final List<String> lines = new CopyOnWriteArrayList<>();
    final List<Exception> failures = new CopyOnWriteArrayList<>();

    @Override
    public void applied(Envelope event, Duration lag) {
        lines.add("applied " + event.aggregateVersion() + " after " + lag);
    }

    @Override
    public void duplicate(Envelope event) {
        lines.add("duplicate " + event.aggregateVersion());
    }

    @Override
    public void stale(Envelope event) {
        lines.add("stale " + event.aggregateVersion());
    }

    @Override
    public void gap(Envelope event, long expectedVersion) {
        lines.add("gap " + expectedVersion + " before " + event.aggregateVersion());
    }

    @Override
    public void waiting(Envelope event, long expectedVersion) {
        lines.add("waiting " + event.aggregateVersion() + " for " + expectedVersion);
    }

    @Override
    public void dead(Envelope event, int attempts, Exception failure) {
        lines.add("dead " + event.aggregateVersion() + " after " + attempts);
    }

    @Override
    public void conflict(Envelope event, UUID handledId) {
        lines.add("conflict " + event.aggregateVersion());
    }

    @Override
    public void failed(@Nullable Envelope event, Exception failure) {
        lines.add("failed " + (event == null ? "" : event.aggregateVersion()));
        failures.add(failure);
    }

    @Override
    public void followed(String readModel, Envelope event, Duration lag) {
        lines.add("followed " + readModel + " " + event.aggregateVersion() + " after " + lag);
    }

    @Override
    public void awaited(String readModel, Awaited awaited) {
        lines.add("awaited " + readModel + " " + awaited.reached());
    }
}
