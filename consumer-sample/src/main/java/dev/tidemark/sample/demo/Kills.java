package dev.tidemark.sample.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All that is killed with {@code kill -9} in a run, and comes back. Safe for many threads. */
final class Kills implements AutoCloseable {

    private final Restarts restarts = new Restarts();
    private final RelayKills relays;
    private final BrokerKills brokers;
    private final ConsumerKills consumers;

    /** Plans them; they begin when {@link #aimAt} is called. */
    Kills(DemoOptions options) {
        this.relays = new RelayKills(options, restarts);
        this.brokers = new BrokerKills(options, restarts);
        this.consumers = new ConsumerKills(options, restarts);
    }

    void aimAt(Stage stage) {
        relays.aimAt(stage.relays());
        brokers.aimAt(stage.broker());
        consumers.aimAt(stage.consumers().processes());
    }

    /** Told of every arrival, on the thread that received it. */
    void arrived(Subscription from) {
        relays.arrived(from);
        brokers.arrived();
        consumers.arrived(from);
    }

    /** Told of every commit of what an event brought about. */
    void handled(Subscription from) {
        consumers.handled(from);
    }

    /** Those of relays, which others may kill too. */
    RelayKills relays() {
        return relays;
    }

    List<Kill> done() {
        List<Kill> done = new ArrayList<>(relays.done());
        done.addAll(brokers.done());
        done.addAll(consumers.done());
        return done;
    }

    /** Kills that are still to come. */
    int left() {
        return relays.left() + brokers.left() + consumers.left();
    }

    /** Whether all that was killed is there again. */
    boolean allAreBack() {
        return restarts.allAreBack();
    }

    /** Why something did not come back; null if all did so far. */
    @Nullable
    Throwable failure() {
        return restarts.failure();
    }

    @Override
    public void close() {
        relays.aimAt(Map.of());
        brokers.aimAt(null);
        consumers.aimAt(Map.of());
        restarts.close();
    }
}
