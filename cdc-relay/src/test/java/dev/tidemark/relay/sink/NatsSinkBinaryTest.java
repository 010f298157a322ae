package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The same promises with the attributes in headers. */
class NatsSinkBinaryTest extends NatsSinkTest {

    @Override
    NatsSink.Mode mode() {
        return NatsSink.Mode.BINARY;
    }

    @Test
    void attributesAreHeaders() throws InterruptedException {
        sink().deliver(List.of(event("a", 1)));
        assertThat(((NatsDestination) destination()).lastHeaders().get("ce-subject"))
                .containsExactly("a");
    }
}
