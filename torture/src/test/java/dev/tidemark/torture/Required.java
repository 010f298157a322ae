package dev.tidemark.torture;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Rows that need something of the machine: skipped with the reason where it is missing, unless nothing may be skipped. */
final class Required {

    private static final String NOTHING_IS_SKIPPED = "TIDEMARK_REQUIRE_FAULTS";

    private Required() {}

    /** Skips the test, saying why, or fails where {@value #NOTHING_IS_SKIPPED} is {@code true}. */
    static void unless(boolean there, String reason) {
        if (!there && "true".equals(System.getenv(NOTHING_IS_SKIPPED))) {
            throw new AssertionError(reason + "; " + NOTHING_IS_SKIPPED + " is true, so it may not be skipped");
        }
        assumeTrue(there, reason);
    }
}
