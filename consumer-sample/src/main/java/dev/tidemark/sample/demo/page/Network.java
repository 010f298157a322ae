package dev.tidemark.sample.demo.page;

import dev.tidemark.testkit.FaultyProxy;
import io.javalin.http.BadRequestResponse;
import io.javalin.http.ConflictResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

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
        if (!canBeDelayed()) {
            throw new ConflictResponse(
                    "there is a broker in between, to which relays and services are connected directly");
        }
        delay = Duration.ofMillis(millis);
        links().forEach(link -> {
            if (millis == 0) {
                link.pass();
            } else {
                link.delay(delay);
            }
        });
    }

    /** Whether all that is sent goes through links of ours. */
    boolean canBeDelayed() {
        return links().size() == scene.relays().size();
    }

    private List<FaultyProxy> links() {
        List<FaultyProxy> links = new ArrayList<>();
        for (ShownRelay relay : scene.relays()) {
            FaultyProxy link = relay.link();
            if (link != null) {
                links.add(link);
            }
        }
        return links;
    }
}
