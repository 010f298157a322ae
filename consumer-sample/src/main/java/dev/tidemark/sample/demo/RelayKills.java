package dev.tidemark.sample.demo;

import dev.tidemark.testkit.RelayProcess;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Kills relays at seeded moments and starts them again at once.
 *
 * <p>The moment is the arrival of an event: that one is under way for certain, the relay waits for an answer
 * that it will never read, so no kill misses. Broken relays are killed by {@link SureLoss}, once that moment has come.
 * Safe for many threads.
 */
final class RelayKills implements AutoCloseable {

    /**
     * A relay that was killed.
     *
     * @param at by this machine's clock
     */
    record Kill(Subscription relay, Instant at) {}

    /** The length that a run without an end is given. */
    private static final int NO_END = 1000;

    private final boolean broken;
    private final List<Integer> moments;
    private final Random random;

    /** Arrivals after which another relay is taken, if the one that was chosen shows none. */
    private final int mostPatience;

    private final ExecutorService restarts = Executors.newSingleThreadExecutor(work -> new Thread(work, "restart"));
    private final List<Kill> done = new ArrayList<>();
    private Map<Subscription, RelayProcess> relays = Map.of();
    private int arrivals;
    private int patience;
    private @Nullable Subscription chosen;
    private @Nullable Throwable failure;

    /**
     * Plans the kills of a run between its first tenth and its last fifth, of broken relays in its first third, while
     * users are written. They begin when {@link #aimAt} is called.
     */
    RelayKills(DemoOptions options) {
        int length = options.events() == 0 ? NO_END : options.events();
        this.broken = options.broken();
        this.random = new Random(options.seed());
        TreeSet<Integer> drawn = new TreeSet<>();
        while (drawn.size() < options.kills()) {
            drawn.add(length / 10 + random.nextInt(Math.max(options.kills(), length * (broken ? 2 : 7) / 10)));
        }
        this.moments = new ArrayList<>(drawn);
        this.mostPatience = Math.max(1, length / 20);
    }

    synchronized void aimAt(Map<Subscription, RelayProcess> relays) {
        this.relays = relays;
    }

    /** Told of every arrival, on the thread that received it. */
    synchronized void arrived(Subscription from) {
        arrivals++;
        RelayProcess relay = relays.get(from);
        if (broken || relay == null || !isDue()) {
            return;
        }
        if (chosen == null) {
            chosen = draw();
            patience = mostPatience;
        }
        if (relay.isRunning() && (from == chosen || --patience < 0)) {
            chosen = null;
            moments.remove(0);
            kill(from, relay);
        }
    }

    /** Kills the relay of {@code subscription} if the moment for a kill has come and it runs. */
    synchronized void killIfDue(Subscription subscription) {
        RelayProcess relay = relays.get(subscription);
        if (relay != null && isDue() && relay.isRunning()) {
            moments.remove(0);
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

    private boolean isDue() {
        return !moments.isEmpty() && arrivals >= moments.get(0);
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
        done.add(new Kill(subscription, Instant.now()));
        restarts.execute(() -> {
            try {
                relay.awaitDeath();
                relay.start();
                relay.awaitReady();
            } catch (IOException | IllegalStateException e) {
                fail(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private synchronized void fail(Throwable failure) {
        this.failure = failure;
    }

    synchronized List<Kill> done() {
        return List.copyOf(done);
    }

    /** How often the relay of {@code subscription} was killed. */
    synchronized int done(Subscription subscription) {
        return (int) done.stream().filter(kill -> kill.relay() == subscription).count();
    }

    /** Kills that are still to come. */
    synchronized int left() {
        return moments.size();
    }

    /** Why a relay did not come back; null if all did so far. */
    synchronized @Nullable Throwable failure() {
        return failure;
    }

    @Override
    public void close() {
        aimAt(Map.of());
        restarts.shutdownNow();
    }
}
