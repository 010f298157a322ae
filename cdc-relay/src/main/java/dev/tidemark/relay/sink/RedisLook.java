package dev.tidemark.relay.sink;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What Redis says to the user of a sink, before any event is sent.
 *
 * @param unreachable why it cannot be asked; empty if it can
 */
public record RedisLook(String unreachable) {

    /**
     * Connects, as the sink would.
     *
     * @param most how long it may take, if the sink itself would wait longer
     */
    public static RedisLook at(RedisSink.Settings settings, Duration most) throws InterruptedException {
        Duration timeout = settings.timeout().compareTo(most) < 0 ? settings.timeout() : most;
        try (RedisLink link = new RedisLink(settings.uri(), timeout, settings.properties())) {
            link.connection().get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            return new RedisLook("");
        } catch (ExecutionException e) {
            return new RedisLook(RedisOutcome.whyNotConnected(e, settings.secure()));
        } catch (TimeoutException e) {
            return new RedisLook("no connection within " + timeout.toMillis() + " ms");
        }
    }
}
