package dev.tidemark.inbox;

import dev.tidemark.envelope.Receipt;
import java.time.Duration;

/**
 * How far a read model had come with the aggregate of a receipt when it was no longer waited for.
 *
 * @param receipt what was waited for; it has a version
 * @param version of the newest event of the aggregate that is handled; 0 if none is
 * @param waited how long that took
 */
public record Awaited(Receipt receipt, long version, Duration waited) {

    /** Whether the read model shows what the receipt stands for, or something later. */
    public boolean reached() {
        return behind() == 0;
    }

    /** How many versions of the aggregate are missing. */
    public long behind() {
        Long wanted = receipt.version();
        return wanted == null ? 0 : Math.max(0, wanted - version);
    }
}
