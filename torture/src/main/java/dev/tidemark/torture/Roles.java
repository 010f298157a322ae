package dev.tidemark.torture;

import dev.tidemark.testkit.RelayProcess;
import java.time.Duration;

/** Which of two relays leads, by what each says of itself. */
final class Roles {

    private static final Duration LOOKS_EVERY = Duration.ofMillis(50);

    private Roles() {}

    static boolean leads(RelayProcess relay) throws InterruptedException {
        return relay.readiness().contains("leader, epoch");
    }

    static boolean standsBy(RelayProcess relay) throws InterruptedException {
        return relay.readiness().contains("standby:");
    }

    /**
     * Waits until {@code leader} leads and {@code other} stands by.
     *
     * @throws IllegalStateException if that takes longer than {@code limit}, with what both say
     */
    static void await(World world, RelayProcess leader, RelayProcess other, Duration limit)
            throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!leads(leader) || !standsBy(other)) {
            checkTime(deadline, leader, other, limit);
            world.pause(LOOKS_EVERY);
        }
    }

    /** Waits until {@code leader} leads, whatever becomes of others. */
    static void awaitLeader(World world, RelayProcess leader, Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!leads(leader)) {
            checkTime(deadline, leader, leader, limit);
            world.pause(LOOKS_EVERY);
        }
    }

    private static void checkTime(long deadline, RelayProcess leader, RelayProcess other, Duration limit)
            throws InterruptedException {
        if (System.nanoTime() > deadline) {
            throw new IllegalStateException(
                    "C7: within " + limit.toSeconds() + " s it was not so that one relay leads (" + leader.readiness()
                            + ") and the other stands by (" + other.readiness() + ")");
        }
    }
}
