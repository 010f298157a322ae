package dev.tidemark.torture;

import java.time.Duration;
import java.util.Random;

/** Crashes the server, with SIGKILL or an immediate stop, and starts it again after a moment. */
final class PostgresCrash implements Fault {

    private static final int LONGEST_DOWN_MILLIS = 1500;

    @Override
    public String name() {
        return "postgres-crash";
    }

    @Override
    public String description() {
        return "kill -9 of the postmaster, or an immediate stop, and a restart";
    }

    @Override
    public void inject(Random random, World world) throws InterruptedException {
        world.forgotten();
        if (random.nextBoolean()) {
            world.server().kill9();
        } else {
            world.server().stopImmediately();
        }
        world.pause(Duration.ofMillis(random.nextInt(LONGEST_DOWN_MILLIS)));
        world.server().restart();
    }
}
