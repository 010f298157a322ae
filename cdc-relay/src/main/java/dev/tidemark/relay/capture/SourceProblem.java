package dev.tidemark.relay.capture;

/** The source cannot be read as it is set up, and waiting will not change that; the message says what repairs it. */
public final class SourceProblem extends Exception {

    SourceProblem(String message) {
        super(message);
    }
}
