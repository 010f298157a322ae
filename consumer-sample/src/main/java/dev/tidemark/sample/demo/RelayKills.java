package dev.tidemark.sample.demo;

import dev.tidemark.sample.demo.Kill.Victim;
import dev.tidemark.testkit.RelayProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Kills relays at seeded moments and starts them again at once.
 *
 * <p>The moment is the arrival of an event. Over HTTP that one is under way for certain, the relay waits for an answer
 * that it will never read, so no kill misses. Broken relays are killed by {@link SureLoss}, once that moment has come.
 * Safe for many threads.
 */
final class RelayKills {

    private final boolean broken;
    private final Random random;
    private final Moments moments;
    private final Restarts restarts;
    private final List<Kill> done = new ArrayList<>();
    private Map<Subscription, RelayProcess> relays = Map.of();
    private int arrivals;
    private int patience;
    private @Nullable Subscription chosen;

    /**
     * Plans the kills of a run between its first tenth and its last fifth, of broken relays in its first third, while
     * users are written. They begin when {@link #aimAt} is called.
     */
    RelayKills(DemoOptions options, Restarts restarts) {
        this.broken = options.broken();
        this.random = new Random(options.seed());
        this.moments = new Moments(random, options, options.kills().relays(), broken ? 2 : 7);
        this.restarts = restarts;
    }

    synchronized void aimAt(Map<Subscription, RelayProcess> relays) {
        this.relays = relays;
    }

    /** Told of every arrival, on the thread that received it. */
    synchronized void arrived(Subscription from) {
        arrivals++;
        RelayProcess relay = relays.get(from);
        if (broken || relay == null || !moments.isDue(arrivals)) {
            return;
        }
        if (chosen == null) {
            chosen = draw();
            patience = moments.mostPatience();
        }
        if (relay.isRunning() && (from == chosen || --patience < 0)) {
            chosen = null;
            moments.pass();
            kill(from, relay);
        }
    }

    /** Kills the relay of {@code subscription} if the moment for a kill has come and it runs. */
    synchronized void killIfDue(Subscription subscription) {
        RelayProcess relay = relays.get(subscription);
        if (relay != null && moments.isDue(arrivals) && relay.isRunning()) {
            moments.pass();
            kill(subscription, relay);
        }
    }

    /** Kills the relay of {@code subscription} because somebody wants it; false if it does not run. */
    synchronized boolean killNow(Subscription subscription) {
        RelayProcess relay = relays.get(subscription);
        if (relay == null || !relay.isRunning()) {
            return false;
        }
        kill(subscription, relay);
        return true;
    }

    /** Half of all kills go to the relay that carries most. */
    private Subscription draw() {
        return switch (random.nextInt(4)) {
            case 0 -> Subscription.ORDERS_TO_INVENTORY;
            case 1 -> Subscription.INVENTORY_TO_ORDERS;
            default -> Subscription.USERS_TO_ORDERS;
        };
    }

    private void kill(Subscription subscription, RelayProcess relay) {
        relay.kill();
        done.add(Kill.of(Victim.RELAY, Set.of(subscription)));
        restarts.restart(relay);
    }

    synchronized List<Kill> done() {
        return List.copyOf(done);
    }

    /** How often the relay of {@code subscription} was killed. */
    synchronized int done(Subscription subscription) {
        return (int) done.stream()
                .filter(kill -> kill.concerned().contains(subscription))
                .count();
    }

    /** Kills that are still to come. */
    synchronized int left() {
        return moments.left();
    }
}
