package dev.tidemark.sample.demo;

import dev.tidemark.sample.demo.Kill.Victim;
import dev.tidemark.testkit.RelayProcess;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Kills the processes that handle events, at seeded moments, and starts them again at once.
 *
 * <p>The moment is one at which such a process waits for our answer: in the middle of the transaction of an event, which is then
 * rolled back, or right after its commit, before anybody else has been told. So no kill misses. Safe for many threads.
 */
final class ConsumerKills {

    private final Random random;
    private final Moments moments;
    private final Restarts restarts;
    private final List<Kill> done = new ArrayList<>();
    private Map<String, RelayProcess> consumers = Map.of();
    private int arrivals;
    private int patience;
    private @Nullable String chosen;
    private boolean afterCommit;

    /** Plans the kills of a run between its first tenth and its last fifth. They begin when {@link #aimAt} is called. */
    ConsumerKills(DemoOptions options, Restarts restarts) {
        this.random = new Random(options.seed() + 1);
        this.moments = new Moments(random, options, options.kills().consumers(), 7);
        this.restarts = restarts;
    }

    /** @param consumers by the name of their service */
    synchronized void aimAt(Map<String, RelayProcess> consumers) {
        this.consumers = consumers;
    }

    /** Told of an event whose transaction is open. */
    synchronized void arrived(Subscription of) {
        arrivals++;
        killIfDue(of, false);
    }

    /** Told of an event whose transaction was committed. */
    synchronized void handled(Subscription of) {
        killIfDue(of, true);
    }

    private void killIfDue(Subscription of, boolean committed) {
        RelayProcess consumer = consumers.get(of.subscriber());
        if (consumer == null || !moments.isDue(arrivals)) {
            return;
        }
        if (chosen == null) {
            chosen = random.nextInt(3) == 0 ? "inventory" : "orders";
            afterCommit = random.nextBoolean();
            patience = moments.mostPatience();
        }
        if (consumer.isRunning() && committed == afterCommit && (of.subscriber().equals(chosen) || --patience < 0)) {
            chosen = null;
            moments.pass();
            consumer.kill();
            done.add(Kill.of(Victim.CONSUMER, subscriptions(of.subscriber())));
            restarts.restart(consumer);
        }
    }

    private static Set<Subscription> subscriptions(String service) {
        Set<Subscription> all = EnumSet.allOf(Subscription.class);
        all.removeIf(subscription -> !subscription.subscriber().equals(service));
        return all;
    }

    synchronized List<Kill> done() {
        return List.copyOf(done);
    }

    /** Kills that are still to come. */
    synchronized int left() {
        return moments.left();
    }
}
