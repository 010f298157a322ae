package dev.tidemark.envelope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class CloudEventsRedisTest {

    @Test
    void theDataComesLast() {
        assertThat(CloudEventsRedis.fields(Examples.plain()).keySet())
                .startsWith("specversion", "id", "source", "type", "subject")
                .endsWith("data");
    }

    @Test
    void anEntryThatLostAPartIsNoTombstone() {
        assertRefused("data", null, "must be there both, or neither");
        assertRefused("datacontenttype", null, "must be there both, or neither");
    }

    @Test
    void whatIsNoEventIsRefused() {
        assertRefused("id", null, "attribute id is required");
        assertRefused("subject", new byte[] {(byte) 0xff}, "the value of field subject is not UTF-8");
        assertRefused("Other", Examples.utf8("x"), "but was: Other");
    }

    private static void assertRefused(String field, byte @Nullable [] value, String message) {
        Map<String, byte[]> fields = CloudEventsRedis.fields(Examples.plain());
        if (value == null) {
            fields.remove(field);
        } else {
            fields.put(field, value);
        }
        assertThatThrownBy(() -> CloudEventsRedis.read(fields))
                .isInstanceOf(MalformedEnvelopeException.class)
                .hasMessageContaining(message);
    }
}
