package dev.tidemark.torture;

import dev.tidemark.testkit.RelayProcess;
import java.time.Duration;
import java.util.Random;

/** Kills the relay and starts two at once; one of them leads. The one that is not the first is then told to stop. */
final class Both implements Fault {

    private static final Duration SETTLED_WITHIN = RelaySettings.LEASE.plusSeconds(30);
    private static final Duration STOPS_WITHIN = Duration.ofSeconds(30);
    private static final Duration LOOKS_EVERY = Duration.ofMillis(50);
    private static final int LOOKS = 20;

    @Override
    public String name() {
        return "both";
    }

    @Override
    public String description() {
        return "the relay is killed and two are started at once; exactly one leads";
    }

    @Override
    public void inject(Random random, World world) throws Exception {
        RelayProcess relay = world.relay();
        RelayProcess standby = world.standby();
        world.interrupted();
        relay.kill();
        relay.awaitDeath();
        relay.start();
        standby.start();
        try {
            relay.awaitReady();
            standby.awaitReady();
            boolean first = awaitOne(world);
            for (int looks = 0; looks < LOOKS; looks++) {
                checkOne(world, first);
                world.pause(LOOKS_EVERY);
            }
        } finally {
            world.interrupted();
            standby.stop();
            standby.awaitExit(STOPS_WITHIN);
        }
        Roles.awaitLeader(world, relay, SETTLED_WITHIN);
    }

    /** Whether it is the first that leads. */
    private static boolean awaitOne(World world) throws InterruptedException {
        long deadline = System.nanoTime() + SETTLED_WITHIN.toNanos();
        while (System.nanoTime() < deadline) {
            boolean first = Roles.leads(world.relay());
            if (first != Roles.leads(world.standby())) {
                return first;
            }
            world.pause(LOOKS_EVERY);
        }
        throw new IllegalStateException("of two relays not exactly one leads within " + SETTLED_WITHIN.toSeconds()
                + " s: " + world.relay().readiness() + "; " + world.standby().readiness());
    }

    private static void checkOne(World world, boolean first) throws InterruptedException {
        RelayProcess other = first ? world.standby() : world.relay();
        if (!Roles.standsBy(other)) {
            throw new IllegalStateException("the relay that was to stand by says: " + other.readiness());
        }
    }
}
