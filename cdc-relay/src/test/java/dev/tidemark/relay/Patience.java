package dev.tidemark.relay;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * How long tests wait for what is to happen: longer than the slowest machine needs, as only a test that fails waits so
 * long. JUnit finds it by itself and gives it to every {@code await()} of this module that names no bound.
 */
public final class Patience implements BeforeAllCallback {

    public static final Duration BOUND = Duration.ofMinutes(2);

    /** For JUnit. */
    public Patience() {}

    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultTimeout(BOUND);
    }
}
