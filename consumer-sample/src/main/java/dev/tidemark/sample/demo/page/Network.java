package dev.tidemark.sample.demo.page;

import io.javalin.http.BadRequestResponse;
import java.time.Duration;

/** The links between relays and services, all of which are slowed down together. */
final class Network {

    private static final long MOST_MILLIS = 1000;

    private final Scene scene;
    private volatile Duration delay = Duration.ZERO;

    Network(Scene scene) {
        this.scene = scene;
    }

    /** How long everything is held back, each way. */
    Duration delay() {
        return delay;
    }

    synchronized void delay(long millis) {
        if (millis < 0 || millis > MOST_MILLIS) {
            throw new BadRequestResponse("delayMillis must be from 0 to " + MOST_MILLIS + ", but was: " + millis);
        }
        delay = Duration.ofMillis(millis);
        scene.relays().forEach(relay -> {
            if (millis == 0) {
                relay.link().pass();
            } else {
                relay.link().delay(delay);
            }
        });
    }
}
