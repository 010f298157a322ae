package dev.tidemark.relay.backlog;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.envelope.MalformedEnvelopeException;
import org.junit.jupiter.api.Test;

final class StoredEnvelopeTest {

    @Test
    void whatWouldComeBackIsStoredAndComesBack() {
        for (Envelope envelope : StoredEvents.nastyEnvelopes()) {
            StoredEvents.assertSame(StoredEnvelope.read(StoredEnvelope.write(envelope)), envelope);
        }
    }

    /** The checks of the outbox refuse it; should it come all the same, the slot holds it until somebody has looked. */
    @Test
    void whatCouldNotBeReadAgainIsNotStored() {
        Envelope nameless = StoredEvents.unversioned("");
        assertThatThrownBy(() -> StoredEnvelope.write(nameless))
                .isInstanceOf(MalformedEnvelopeException.class)
                .hasMessageContaining("subject");
    }
}
