package dev.tidemark.torture;

import java.time.Duration;
import java.util.Random;

/** Kills the relay with SIGKILL and starts it again at once; now and then it dies again while it starts. */
final class Kill implements Fault {

    private static final int LONGEST_LIFE_MILLIS = 4000;

    @Override
    public String name() {
        return "kill";
    }

    @Override
    public String description() {
        return "kill -9 of the relay";
    }

    @Override
    public void inject(Random random, World world) throws Exception {
        killAndStart(world);
        if (random.nextInt(4) == 0) {
            world.pause(Duration.ofMillis(random.nextInt(LONGEST_LIFE_MILLIS)));
            killAndStart(world);
        }
    }

    private static void killAndStart(World world) throws Exception {
        world.interrupted();
        world.relay().kill();
        world.relay().awaitDeath();
        world.relay().start();
    }
}
