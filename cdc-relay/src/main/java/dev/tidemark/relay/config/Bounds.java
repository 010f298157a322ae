package dev.tidemark.relay.config;

/** The whole numbers that a setting may have. */
record Bounds(int least, int most) {

    boolean contain(int value) {
        return value >= least && value <= most;
    }

    String rule() {
        return "must be a whole number from " + least + " to " + most;
    }
}
