package dev.tidemark.outbox;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import java.nio.charset.StandardCharsets;

/** An event as the content of a logical message: the JSON of a structured CloudEvent. */
final class LogicalMessage {

    private LogicalMessage() {}

    /** All but the brace that opens it: the version, which only the database knows, is put between the two. */
    static String tail(String source, OutboxEvent event) {
        Envelope.Builder envelope = Envelope.builder()
                .id(event.id())
                .aggregate(event.aggregateOf(source))
                .type(event.type())
                .dataSchema(Envelope.defaultDataSchema(source, event.type(), event.schemaVersion()))
                .time(event.occurredAt())
                .traceparent(event.traceparent())
                .headers(event.headers());
        String payload = event.payload();
        if (payload != null) {
            envelope.data(event.dataContentType(), payload.getBytes(StandardCharsets.UTF_8));
        }
        return new String(CloudEventsJson.write(envelope.build()), StandardCharsets.UTF_8).substring(1);
    }
}
