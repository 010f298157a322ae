package dev.tidemark.torture;

import java.time.Duration;
import java.util.Random;

/** Lets one receiver accept requests and answer none, for longer than relays wait. */
final class ReceiverFrozen implements Fault {

    private static final int SHORTEST_MILLIS = 1000;
    private static final int LONGEST_MILLIS = 5000;

    @Override
    public String name() {
        return "receiver-frozen";
    }

    @Override
    public String description() {
        return "one receiver accepts requests and answers none";
    }

    @Override
    public void inject(Random random, World world) throws InterruptedException {
        Receiver receiver = world.anyReceiver(random);
        Manner before = receiver.manner();
        receiver.behave(Manner.always(Manner.Reaction.HANG));
        world.pause(Duration.ofMillis(SHORTEST_MILLIS + random.nextInt(LONGEST_MILLIS - SHORTEST_MILLIS)));
        receiver.behave(before);
    }
}
