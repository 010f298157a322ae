package dev.tidemark.envelope;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class Base64DataTest {

    /** What it says of itself would otherwise be read as attributes, or not at all. */
    @Test
    void dataThatIsNotTheJsonItIsCalledComesBackEqual() {
        for (String data : new String[] {"", "{\"cut", "1,\"user\":\"mallory\"", "[".repeat(5000) + "]".repeat(5000)}) {
            Envelope envelope = Examples.builder()
                    .data("application/json", Examples.utf8(data))
                    .build();
            GoldenFilesTest.assertSame(CloudEventsJson.read(CloudEventsJson.writeBase64(envelope)), envelope);
        }
    }

    @Test
    void aTombstoneStaysOne() {
        assertThat(CloudEventsJson.read(
                                CloudEventsJson.writeBase64(Examples.builder().build()))
                        .data())
                .isNull();
    }
}
