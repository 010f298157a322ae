package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;

/** An event came before its predecessor, and {@link GapPolicy#FAIL} refuses it. It may be delivered again later. */
public final class VersionGap extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final long expectedVersion;

    VersionGap(Envelope event, long expectedVersion) {
        super("event " + event + " came before version " + expectedVersion
                + " of its aggregate; deliver it again after "
                + "that, or use GapPolicy.REPORT if the subscription leaves events out");
        this.expectedVersion = expectedVersion;
    }

    /** The version that should have come. */
    public long expectedVersion() {
        return expectedVersion;
    }
}
