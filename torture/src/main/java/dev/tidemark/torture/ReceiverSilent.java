package dev.tidemark.torture;

import java.time.Duration;
import java.util.Random;

/** Lets one receiver store what it gets, and break the connection instead of answering. */
final class ReceiverSilent implements Fault {

    private static final int LONGEST_MILLIS = 1000;

    @Override
    public String name() {
        return "receiver-reset";
    }

    @Override
    public String description() {
        return "one receiver stores events, and breaks the connection before it answers";
    }

    @Override
    public void inject(Random random, World world) throws InterruptedException {
        Receiver receiver = world.anyReceiver(random);
        Manner before = receiver.manner();
        receiver.behave(Manner.always(Manner.Reaction.TAKE_IN_SILENCE));
        world.pause(Duration.ofMillis(100 + random.nextInt(LONGEST_MILLIS)));
        receiver.behave(before);
    }
}
