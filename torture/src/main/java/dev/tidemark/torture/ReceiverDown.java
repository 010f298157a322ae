package dev.tidemark.torture;

import java.time.Duration;
import java.util.Random;

/** Closes the port of one receiver for some seconds. */
final class ReceiverDown implements Fault {

    private static final int LONGEST_MILLIS = 3000;

    @Override
    public String name() {
        return "receiver-down";
    }

    @Override
    public String description() {
        return "the port of one receiver is closed for some seconds";
    }

    @Override
    public void inject(Random random, World world) throws InterruptedException {
        Receiver receiver = world.anyReceiver(random);
        receiver.goDown();
        world.pause(Duration.ofMillis(300 + random.nextInt(LONGEST_MILLIS)));
        receiver.comeBack();
    }
}
