package dev.tidemark.relay.cli;

/** Exit codes, beyond picocli's own: 0 done, 1 failed, 2 wrong usage or configuration. */
final class Exit {

    static final int OK = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;

    /** Nobody has carried it out yet; it stays requested. */
    static final int NO_ANSWER = 3;

    /** There was nothing to do it to. */
    static final int NOTHING = 4;

    private Exit() {}
}
