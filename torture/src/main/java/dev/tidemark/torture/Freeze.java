package dev.tidemark.torture;

import dev.tidemark.testkit.RelayProcess;
import java.time.Duration;
import java.util.Random;

/**
 * Freezes the relay that leads until a standby has taken over, and wakes it up: it may finish the batches that it had
 * begun, and no more. The standby is then told to stop, so that the first one leads again.
 */
final class Freeze implements Fault {

    private static final int LONGEST_MILLIS = 2000;

    /** After the lease five seconds; the rest is for a machine that is slow. */
    private static final Duration TAKES_OVER_WITHIN = RelaySettings.LEASE.plusSeconds(30);

    private static final Duration STOPS_WITHIN = Duration.ofSeconds(30);

    @Override
    public String name() {
        return "freeze";
    }

    @Override
    public String description() {
        return "SIGSTOP of the relay that leads, past its lease, with a standby; then SIGCONT";
    }

    @Override
    public void inject(Random random, World world) throws Exception {
        RelayProcess relay = world.relay();
        RelayProcess standby = world.standby();
        standby.start();
        try {
            Roles.await(world, relay, standby, TAKES_OVER_WITHIN);
            world.interrupted();
            relay.freeze();
            Roles.awaitLeader(world, standby, TAKES_OVER_WITHIN);
            world.pause(Duration.ofMillis(random.nextInt(LONGEST_MILLIS)));
            world.ledger().depose(World.RELAY);
            relay.wake();
            Roles.await(world, standby, relay, TAKES_OVER_WITHIN);
            check(world.ledger().restore(), world.settings().relay());
        } finally {
            world.interrupted();
            relay.wake();
            standby.stop();
            standby.awaitExit(STOPS_WITHIN);
        }
        Roles.awaitLeader(world, relay, TAKES_OVER_WITHIN);
    }

    private static void check(int stragglers, RelaySettings settings) {
        int begun = World.SUBSCRIBERS.size() * settings.lanes() * settings.batch();
        if (stragglers > begun) {
            throw new IllegalStateException("C3: the relay that woke up sent " + stragglers
                    + " events, but can have begun " + begun + " at most");
        }
    }
}
