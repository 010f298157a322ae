package dev.tidemark.sample.demo;

import dev.tidemark.sample.demo.via.Via;

/**
 * What was asked for.
 *
 * @param events how many are written in all; 0 for no end
 * @param kills what is killed, and how often
 * @param seed of all that is random
 * @param exit whether to check and end, or to go on until Ctrl-C
 * @param broken whether relays acknowledge before they deliver
 * @param postgres major version
 * @param via what is between relays and services
 */
record DemoOptions(int events, Planned kills, long seed, boolean exit, boolean broken, int postgres, Via via) {

    /** How many times a relay, the broker and the process of a consumer are killed. */
    record Planned(int relays, int brokers, int consumers) {

        static final Planned NONE = new Planned(0, 0, 0);

        int all() {
            return relays + brokers + consumers;
        }
    }

    /** Whether what handles events is a process of its own, and not a part of this one. */
    boolean consumersAreProcesses() {
        return via != Via.HTTP || kills.consumers() > 0;
    }
}
