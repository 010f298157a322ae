package dev.tidemark.relay;

import dev.tidemark.relay.ops.OpsServer;
import java.lang.invoke.MethodHandles;
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

    /** Here, too, because the JDK's server reads the limits that {@link OpsServer} sets once in a JVM: before any test has one. */
    @Override
    public void beforeAll(ExtensionContext context) throws IllegalAccessException {
        Awaitility.setDefaultTimeout(BOUND);
        MethodHandles.lookup().ensureInitialized(OpsServer.class);
    }
}
