package dev.tidemark.sample.demo;

/**
 * What was asked for.
 *
 * @param events how many are written in all; 0 for no end
 * @param kills how many times a relay is killed
 * @param seed of all that is random
 * @param exit whether to check and end, or to go on until Ctrl-C
 * @param broken whether relays acknowledge before they deliver
 * @param postgres major version
 */
record DemoOptions(int events, int kills, long seed, boolean exit, boolean broken, int postgres) {}
