package dev.tidemark.envelope;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.message.MessageReader;
import io.cloudevents.http.HttpMessageFactory;
import io.cloudevents.jackson.JsonFormat;
import java.io.IOException;
import java.net.URI;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The reference implementation reads what we write, and we read what it writes. */
final class CloudEventsSdkTest {

    @TestFactory
    Stream<DynamicTest> theSdkReadsStructured() {
        return Examples.all().entrySet().stream()
                .map(example -> DynamicTest.dynamicTest(example.getKey(), () -> {
                    Envelope envelope = example.getValue();
                    CloudEvent event = new JsonFormat().deserialize(CloudEventsJson.write(envelope));
                    assertAttributes(event, envelope, Function.identity());
                }));
    }

    @Test
    void theSdkReadsABatch() throws IOException {
        List<Envelope> envelopes = List.copyOf(Examples.all().values());
        byte[] batch = CloudEventsJson.batch(
                envelopes.stream().map(CloudEventsJson::write).toList());
        JsonMapper mapper = JsonMapper.builder()
                .addModule(JsonFormat.getCloudEventJacksonModule())
                .build();
        CloudEvent[] events = mapper.readValue(batch, CloudEvent[].class);
        assertThat(events).hasSameSizeAs(envelopes);
        for (int i = 0; i < events.length; i++) {
            assertAttributes(events[i], envelopes.get(i), Function.identity());
        }
        assertThat(mapper.readValue(CloudEventsJson.batch(List.of()), CloudEvent[].class))
                .isEmpty();
    }

    /** Values as they stand on the wire: this SDK (4.0.1) does not decode them, as the binding demands. */
    @TestFactory
    Stream<DynamicTest> theSdkReadsBinary() {
        return Examples.all().entrySet().stream()
                .map(example -> DynamicTest.dynamicTest(example.getKey(), () -> {
                    Envelope envelope = example.getValue();
                    MessageReader reader =
                            HttpMessageFactory.createReader(CloudEventsHttp.headers(envelope), envelope.data());
                    CloudEvent event = reader.toEvent();
                    assertAttributes(event, envelope, PercentEncoding::encodeHeader);
                    assertThat(event.getData() == null ? null : event.getData().toBytes())
                            .isEqualTo(envelope.data());
                }));
    }

    private static void assertAttributes(CloudEvent event, Envelope envelope, Function<String, String> form) {
        assertThat(event.getId()).isEqualTo(envelope.id().toString());
        assertThat(event.getSource()).hasToString(envelope.aggregate().source());
        assertThat(event.getType()).isEqualTo(envelope.type());
        assertThat(event.getSubject()).isEqualTo(form.apply(envelope.aggregate().id()));
        assertThat(event.getTime())
                .isEqualTo(OffsetDateTime.parse(envelope.time().toString()));
        assertThat(event.getDataSchema()).hasToString(envelope.dataSchema());
        assertThat(event.getDataContentType()).isEqualTo(envelope.dataContentType());
        assertThat(event.getExtension("aggregatetype"))
                .isEqualTo(envelope.aggregate().type());
        assertThat(event.getExtension("aggregateversion")).isEqualTo(text(envelope.aggregateVersion()));
        assertThat(event.getExtension("partitionkey")).isEqualTo(form.apply(envelope.partitionKey()));
        assertThat(event.getExtension("traceparent")).isEqualTo(envelope.traceparent());
        assertThat(event.getExtension("redelivery")).isEqualTo(envelope.redelivery());
        envelope.headers()
                .forEach((name, value) -> assertThat(event.getExtension(name)).isEqualTo(form.apply(value)));
    }

    private static @Nullable String text(@Nullable Long number) {
        return number == null ? null : number.toString();
    }

    @Test
    void weReadWhatTheSdkWrites() {
        CloudEvent event = sdkEvent();
        assertThat(event).isNotNull();
        Envelope structured = CloudEventsJson.read(new JsonFormat().serialize(event));
        assertReadFromSdk(structured);
        Map<String, List<String>> headers = new HashMap<>();
        byte[][] body = new byte[1][];
        HttpMessageFactory.createWriter((name, value) -> headers.put(name, List.of(value)), bytes -> body[0] = bytes)
                .writeBinary(event);
        assertReadFromSdk(CloudEventsHttp.read(headers, body[0]));
    }

    private static void assertReadFromSdk(Envelope envelope) {
        assertThat(envelope.aggregate()).isEqualTo(new Aggregate("/orders", "acme", "order", "42"));
        assertThat(envelope.aggregateVersion()).isEqualTo(12);
        assertThat(envelope.time()).isEqualTo("2026-11-20T08:15:30.123456Z");
        assertThat(envelope.dataContentType()).isEqualTo("application/json");
        assertThat(envelope.dataAsText()).isEqualTo("{\"a\":\"é\"}");
        assertThat(envelope.headers()).isEqualTo(Map.of("priority", "5", "urgent", "true"));
    }

    private static CloudEvent sdkEvent() {
        return CloudEventBuilder.v1()
                .withId("019a9c3e-7b1a-7c3d-9e2f-5a6b7c8d9e0f")
                .withSource(URI.create("/orders"))
                .withType("order-placed")
                .withSubject("42")
                .withTime(OffsetDateTime.parse("2026-11-20T10:15:30.123456789+02:00"))
                .withDataSchema(URI.create("urn:tidemark:orders:order-placed:1"))
                .withExtension("aggregatetype", "order")
                .withExtension("aggregateversion", 12)
                .withExtension("tenantid", "acme")
                .withExtension("priority", 5)
                .withExtension("urgent", true)
                .withData("application/json", Examples.utf8("{\"a\":\"é\"}"))
                .build();
    }
}
