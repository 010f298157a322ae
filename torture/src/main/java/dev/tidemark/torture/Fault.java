package dev.tidemark.torture;

import java.util.Random;

/** Something bad that can happen to a {@link World}. */
interface Fault {

    /** As it is written on the command line, such as {@code postgres-crash}. */
    String name();

    /** What it does, for people; one line. */
    String description();

    /**
     * Does it, and mends it; returns when the fault is gone, which is before all has recovered from it.
     *
     * @param random the only source of randomness
     */
    void inject(Random random, World world) throws Exception;
}
