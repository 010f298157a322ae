package dev.tidemark.torture;

import java.util.List;
import java.util.Random;

/**
 * What a {@link World} is like.
 *
 * @param moody how its moody receiver behaves
 */
record WorldSettings(RelaySettings relay, Manner moody) {

    static WorldSettings draw(List<String> program, Random random) {
        RelaySettings relay = RelaySettings.draw(program, random);
        long seed = random.nextLong();
        boolean single = random.nextBoolean();
        return new WorldSettings(
                relay.withMode(single ? "binary" : "batch"), Manner.moody(seed, single ? 1 : relay.batch()));
    }
}
