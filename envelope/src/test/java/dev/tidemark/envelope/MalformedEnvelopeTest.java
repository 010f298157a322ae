package dev.tidemark.envelope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each of these begins as a good event and is broken in one place. */
final class MalformedEnvelopeTest {

    private static final String GOOD = new String(CloudEventsJson.write(Examples.plain()), StandardCharsets.UTF_8);

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    "specversion":"1.0"      | "specversion":"0.3"            | attribute specversion must be 1.0, but was: 0.3
                    "specversion":"1.0",     | ~~                             | attribute specversion is required, but is missing or empty
                    "id":"019a               | "id":"019g                     | attribute id must be a UUID, but was: 019g
                    "source":"orders"        | "source":""                    | attribute source is required
                    "source":"orders"        | "source":null                  | attribute source is required
                    "source":"orders"        | "source":["orders"]            | attribute source must be a string, a number or a boolean
                    "subject":"42",          | ~~                             | attribute subject is required
                    "type":"order-placed",   | ~~                             | attribute type is required
                    "aggregatetype":"order", | ~~                             | attribute aggregatetype is required
                    "time":"2026             | "time":"26                     | attribute time must be a time of RFC 3339
                    "aggregateversion":"7"   | "aggregateversion":"0"         | attribute aggregateversion must be a whole number from 1
                    "aggregateversion":"7"   | "aggregateversion":"-7"        | attribute aggregateversion must be a whole number from 1
                    "aggregateversion":"7"   | "aggregateversion":"7.0"       | in digits, but was: 7.0
                    "aggregateversion":"7"   | "aggregateversion":"9223372036854775808" | attribute aggregateversion must be
                    "aggregateversion":"7"   | "sourceepoch":"x"              | attribute sourceepoch must be a whole number from 0
                    "partitionkey":"42"      | "partition_key":"42"           | has only a to z and 0 to 9, and is not data, but was: partition_key
                    "partitionkey":"42"      | "Partitionkey":"42"            | but was: Partitionkey
                    "partitionkey":"42"      | "id":"42"                      | id is there twice
                    "partitionkey":"42"      | "data":1                       | data is there twice
                    "partitionkey":"42"      | "data_base64":"AA=="           | as data and as data_base64, is there twice
                    "partitionkey":"42"      | "data_base64":"*"              | data_base64 is not base64
                    "partitionkey":"42"      | "data_base64":{}               | attribute data_base64 must be a string
                    "datacontenttype":"application/json" | "datacontenttype":"application/cloudevents+json" | attribute datacontenttype must not be that of an event
                    "datacontenttype":"application/json" | "datacontenttype":"application/CloudEvents-batch+json; a=b" | must not be that of an event
                    12.50                    | 012.50                         | not JSON:
                    12.50                    | NaN                            | not JSON:
                    }}                       | }                              | not JSON: Unexpected end-of-input
                    }}                       | }}{}                           | something after the event's JSON object
                    """)
    void isRefusedInJson(String good, String bad, String message) {
        assertThat(GOOD).contains(good);
        byte[] json = Examples.utf8(GOOD.replace(good, bad));
        assertThatThrownBy(() -> CloudEventsJson.read(json))
                .isInstanceOf(MalformedEnvelopeException.class)
                .hasMessageContaining(message);
    }

    @Test
    void isRefusedIfItIsNotAnObjectInUtf8() {
        assertJsonRefused(Examples.utf8("[" + GOOD + "]"), "an event is a JSON object");
        assertJsonRefused(Examples.utf8(""), "an event is a JSON object");
        assertJsonRefused(GOOD.getBytes(StandardCharsets.UTF_16LE), "not JSON");
        assertJsonRefused(GOOD.replace("42", "é").getBytes(StandardCharsets.ISO_8859_1), "not UTF-8");
        assertJsonRefused(Examples.utf8(GOOD.replace("12.50", "[".repeat(1001) + "]".repeat(1001))), "not JSON");
    }

    /** A whole event as the payload of another one must not be taken for that one. */
    @Test
    void anEventIsRefusedIfTheHeadersBesideItTellOfAnotherOne() {
        Envelope event = Examples.plain();
        byte[] json = CloudEventsJson.write(event);
        String other = "019a0000-0000-7000-8000-00000000ffff";
        String refused = "attribute id must be the same in the headers and in the event, which is " + event.id();
        for (String id : List.of(event.id().toString(), other)) {
            boolean same = !id.equals(other);
            requireRefused(
                    same,
                    refused,
                    () -> CloudEventsHttp.read(
                            Map.of("Content-Type", List.of(CloudEventsHttp.STRUCTURED), "ce-id", List.of(id)), json));
            requireRefused(
                    same,
                    refused,
                    () -> CloudEventsKafka.read(
                            Map.of(
                                    "content-type",
                                    List.of(Examples.utf8(CloudEventsHttp.STRUCTURED)),
                                    "ce_id",
                                    List.of(Examples.utf8(id))),
                            json));
            requireRefused(
                    same,
                    refused,
                    () -> CloudEventsRabbit.read(Map.of("cloudEvents_id", id), CloudEventsHttp.STRUCTURED, json));
        }
    }

    private static void requireRefused(boolean not, String why, Supplier<Envelope> reading) {
        if (not) {
            assertThat(reading.get().id()).isEqualTo(Examples.plain().id());
        } else {
            assertThatThrownBy(reading::get)
                    .isInstanceOf(MalformedEnvelopeException.class)
                    .hasMessageContaining(why);
        }
    }

    @Test
    void noEventHasDataThatSaysItIsTheEvent() {
        assertThatThrownBy(() -> Examples.plain().toBuilder()
                        .data("Application/CloudEvents+JSON; charset=utf-8", new byte[0])
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("dataContentType must not be that of CloudEvents themselves");
    }

    @Test
    void aBatchIsRefusedIfOneOfItsElementsIs() {
        assertBatchRefused("{}", "a batch of events is a JSON array");
        assertBatchRefused("[] []", "something after");
        assertBatchRefused("[{}, 7]", "is missing");
        assertBatchRefused("[7]", "element 0 of the batch");
        assertBatchRefused("[null]", "element 0 of the batch");
        assertBatchRefused("[", "not JSON");
        assertBatchRefused("", "a batch of events is a JSON array");
        assertThatThrownBy(() -> CloudEventsJson.readBatch(new byte[] {'[', '"', (byte) 0xff, '"', ']'}))
                .isInstanceOf(MalformedEnvelopeException.class)
                .hasMessage("not UTF-8");
    }

    private static void assertBatchRefused(String json, String message) {
        assertThatThrownBy(() -> CloudEventsJson.readBatch(json.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(MalformedEnvelopeException.class)
                .hasMessageContaining(message);
    }

    private static void assertJsonRefused(byte[] json, String message) {
        assertThatThrownBy(() -> CloudEventsJson.read(json))
                .isInstanceOf(MalformedEnvelopeException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    ce-subject    | 4%2           | the value of header ce-subject has a % that is not followed by two hexadecimal digits
                    ce-subject    | %+1           | has a % that is not followed by two hexadecimal digits
                    ce-subject    | %ff           | has percent-encoded bytes that are not UTF-8
                    ce-subject    | %C0%80        | has percent-encoded bytes that are not UTF-8
                    ce-subject    | é             | has a character outside of ASCII that is not percent-encoded
                    ce-subject    | ~~            | attribute subject is required
                    CE-SUBJECT    | 42            | header ce-subject must be there once
                    ce-bad_name   | 42            | has only a to z and 0 to 9, and is not data, but was: bad_name
                    ce-data       | 42            | but was: data
                    ce-           | 42            | but was:
                    content-type  | application/cloudevents-batch+json | or that of the data in binary mode
                    content-type  | application/cloudevents+avro       | or that of the data in binary mode
                    """)
    void isRefusedInHeaders(String name, String value, String message) {
        Map<String, List<String>> headers = goodHeaders();
        headers.put(name, List.of(value));
        assertThatThrownBy(() -> CloudEventsHttp.read(headers, Examples.utf8("1")))
                .isInstanceOf(MalformedEnvelopeException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aBodyThatWasLostIsNoTombstone() {
        assertThatThrownBy(() -> CloudEventsHttp.read(goodHeaders(), new byte[0]))
                .hasMessage("content-type is application/json, but the body is empty");
        Map<String, List<String>> headers = goodHeaders();
        headers.remove("content-type");
        assertThatThrownBy(() -> CloudEventsHttp.read(headers, new byte[3]))
                .hasMessage("there is a body of 3 bytes, but no content-type");
    }

    @Test
    void aRequestThatIsNoEventIsRefused() {
        Map<String, List<String>> headers = Map.of("Content-Type", List.of("application/json"));
        assertThatThrownBy(() -> CloudEventsHttp.read(headers, Examples.utf8("{}")))
                .hasMessageContaining("there are no ce- headers, and content-type is not application/cloudevents+json");
        Map<String, List<String>> twice = goodHeaders();
        twice.put("ce-id", List.of("a", "b"));
        assertThatThrownBy(() -> CloudEventsHttp.read(twice, Examples.utf8("{}")))
                .hasMessage("header ce-id must be there once");
    }

    @Test
    void quotedValuesOfOlderProducersAreRead() {
        Map<String, List<String>> headers = goodHeaders();
        headers.put("ce-subject", List.of("\"a \\\"b\\\\c%20\""));
        assertThat(CloudEventsHttp.read(headers, Examples.utf8("1")).aggregate().id())
                .isEqualTo("a \"b\\c ");
    }

    @Test
    void textInDataOfAnotherTypeIsItsCharacters() {
        String json =
                GOOD.replace("application/json", "text/plain").replaceFirst("\"data\":.*", "\"data\":\"a\\\\nb\"}");
        assertThat(CloudEventsJson.read(Examples.utf8(json)).dataAsText()).isEqualTo("a\nb");
    }

    @Test
    void dataWithoutAContentTypeIsJson() {
        String json = GOOD.replace("\"datacontenttype\":\"application/json\",", "");
        assertThat(CloudEventsJson.read(Examples.utf8(json)).dataContentType()).isEqualTo("application/json");
    }

    @Test
    void anEnvelopeRefusesHeadersThatWouldBecomeAttributes() {
        assertThatThrownBy(() -> Examples.builder().header("id", "1"))
                .hasMessage("a header cannot be called id: an attribute is");
        assertThatThrownBy(() -> Examples.builder().header("Data_1", "1")).hasMessageContaining("but was: Data_1");
        assertThat(Envelope.RESERVED_NAMES).contains("id", "data", "payload").doesNotContain("tracestate");
    }

    @Test
    void anEnvelopeRefusesTimesThatRfc3339CannotWrite() {
        assertThatThrownBy(() -> Examples.builder()
                        .time(Instant.parse("+10000-01-01T00:00:00Z"))
                        .build())
                .hasMessage("time must be in the years 0001 to 9999, but was: +10000-01-01T00:00:00Z");
        assertThat(Examples.builder()
                        .time(Instant.parse("9999-12-31T23:59:59.999999999Z"))
                        .build()
                        .time())
                .hasToString("9999-12-31T23:59:59.999999Z");
    }

    private static Map<String, List<String>> goodHeaders() {
        Map<String, List<String>> headers = new HashMap<>();
        CloudEventsHttp.headers(Examples.plain()).forEach((name, value) -> headers.put(name, List.of(value)));
        return headers;
    }
}
