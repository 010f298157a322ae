package dev.tidemark.sample.demo;

import dev.tidemark.sample.demo.Kill.Victim;
import dev.tidemark.testkit.Breakable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Kills the broker at seeded moments, after so many arrivals, and starts it again at once. Safe for many threads. */
final class BrokerKills {

    private final Moments moments;
    private final Restarts restarts;
    private final List<Kill> done = new ArrayList<>();
    private @Nullable Breakable broker;
    private int arrivals;
    private boolean down;

    /** Plans the kills of a run between its first tenth and its last fifth. They begin when {@link #aimAt} is called. */
    BrokerKills(DemoOptions options, Restarts restarts) {
        this.moments = new Moments(
                new Random(options.seed() + 2), options, options.kills().brokers(), 7);
        this.restarts = restarts;
    }

    /** @param broker null if there is none */
    synchronized void aimAt(@Nullable Breakable broker) {
        this.broker = broker;
    }

    /** Told of every arrival. */
    synchronized void arrived() {
        arrivals++;
        Breakable victim = broker;
        if (victim == null || down || !moments.isDue(arrivals)) {
            return;
        }
        moments.pass();
        down = true;
        restarts.begin(() -> {
            victim.kill9();
            Instant killed = Instant.now();
            victim.restart();
            isBack(new Kill(Victim.BROKER, EnumSet.allOf(Subscription.class), killed, Instant.now()));
            return null;
        });
    }

    private synchronized void isBack(Kill kill) {
        done.add(kill);
        down = false;
    }

    synchronized List<Kill> done() {
        return List.copyOf(done);
    }

    /** Kills that are still to come. */
    synchronized int left() {
        return moments.left();
    }
}
