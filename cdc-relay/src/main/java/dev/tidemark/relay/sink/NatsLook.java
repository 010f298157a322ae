package dev.tidemark.relay.sink;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What NATS says to the user of a sink, before any event is sent.
 *
 * @param unreachable why it cannot be asked; empty if it can
 */
public record NatsLook(String unreachable) {

    /**
     * Connects, as the sink would.
     *
     * @param most how long it may take, if the sink itself would wait longer
     */
    public static NatsLook at(NatsSink.Settings settings, Duration most) throws InterruptedException {
        Duration timeout = settings.timeout().compareTo(most) < 0 ? settings.timeout() : most;
        NatsSink.Settings asking = new NatsSink.Settings(
                settings.url(),
                settings.user(),
                settings.password(),
                settings.subject(),
                settings.stream(),
                settings.mode(),
                timeout,
                settings.properties());
        try (NatsLink link = new NatsLink(asking)) {
            link.connection().get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            return new NatsLook("");
        } catch (ExecutionException e) {
            return new NatsLook(NatsOutcome.whyNotConnected(e, settings.secure()));
        } catch (TimeoutException e) {
            return new NatsLook("no connection within " + timeout.toMillis() + " ms");
        } catch (IllegalArgumentException | IllegalStateException e) { // of the client, about a property
            return new NatsLook(NatsOutcome.whyNotConnected(e, settings.secure()));
        }
    }
}
