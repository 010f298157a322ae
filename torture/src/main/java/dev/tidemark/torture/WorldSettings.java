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
        return new WorldSettings(RelaySettings.draw(program, random), Manner.moody(random.nextLong()));
    }
}
