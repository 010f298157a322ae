package dev.tidemark.inbox;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Measures one read model. Safe for many threads. */
final class FreshnessMeter {

    private final String readModel;
    private final Followed followed;
    private final InboxListener listener;
    private @Nullable Instant newest; // guarded by this, as the next
    private @Nullable Duration lag;

    FreshnessMeter(String readModel, Followed followed, InboxListener listener) {
        this.readModel = readModel;
        this.followed = followed;
        this.listener = listener;
    }

    void committed(Handled handled, Instant now) {
        Envelope event = handled.event();
        Aggregate aggregate = event.aggregate();
        if (!followed.has(aggregate)) {
            return;
        }
        Duration took = Duration.between(event.time(), now);
        boolean isNew = handled.outcome().applied() && event.redelivery() == null;
        if (Redelivery.of(event) == Redelivery.STATE) {
            return; // it has the time at which it was read, and what is older may be behind it
        }
        remember(event.time().isAfter(now) ? now : event.time(), isNew ? took : null);
        if (isNew) {
            listener.followed(readModel, event, took);
        }
    }

    private synchronized void remember(Instant time, @Nullable Duration took) {
        newest = newest == null || time.isAfter(newest) ? time : newest;
        lag = took == null ? lag : took;
    }

    synchronized Freshness at(Instant now) {
        return new Freshness(newest, newest == null ? null : Duration.between(newest, now), lag);
    }
}
