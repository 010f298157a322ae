package dev.tidemark.torture;

import dev.tidemark.testkit.FaultyProxy;
import java.time.Duration;
import java.util.Random;

/** Makes the relay's link to Postgres bad for some seconds, in one of six ways. */
final class BadLink implements Fault {

    /** How many ways there are. */
    static final int WAYS = 6;

    private static final int LONGEST_MILLIS = 2500;

    @Override
    public String name() {
        return "proxy";
    }

    @Override
    public String description() {
        return "a link to Postgres that is slow, reset, cut, one byte at a time, or half open";
    }

    @Override
    public void inject(Random random, World world) throws InterruptedException {
        inject(random.nextInt(WAYS), random, world);
    }

    /** Makes it bad in one way, from 0. */
    static void inject(int way, Random random, World world) throws InterruptedException {
        FaultyProxy link = world.link();
        world.interrupted();
        switch (way) {
            case 0 -> link.delay(Duration.ofMillis(10 + random.nextInt(300)));
            case 1 -> link.trickle(Duration.ofMillis(1));
            case 2 -> link.cut();
            case 3 -> link.blackHole();
            case 4 -> {
                link.blackHole();
                world.pause(Duration.ofMillis(random.nextInt(LONGEST_MILLIS)));
                link.reset(); // both ends learn of it at last, and what was under way is gone
            }
            default -> link.reset();
        }
        world.pause(Duration.ofMillis(random.nextInt(LONGEST_MILLIS)));
        link.pass();
    }
}
