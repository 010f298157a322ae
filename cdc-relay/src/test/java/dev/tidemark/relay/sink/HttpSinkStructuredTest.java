package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.relay.Events;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The same promises with everything in one JSON body. */
class HttpSinkStructuredTest extends SinkContract {

    private final Receiver receiver = new Receiver();
    private final HttpSink sink = new HttpSink(
            new HttpSink.Settings(receiver.url(), HttpSink.Mode.STRUCTURED, Duration.ofMinutes(2), Map.of(), 4),
            InstantSource.fixed(Events.COMMITTED_AT));

    @AfterEach
    void close() {
        receiver.close();
        sink.close();
    }

    @Override
    Sink sink() {
        return sink;
    }

    @Override
    Destination destination() {
        return receiver;
    }

    @Test
    void everythingIsInTheBody() throws InterruptedException {
        sink.deliver(List.of(event("a", 1)));
        assertThat(receiver.lastHeaders())
                .containsEntry("Content-type", List.of("application/cloudevents+json"))
                .doesNotContainKey("Ce-id");
    }
}
