package dev.tidemark.envelope;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/** One envelope for each golden file. */
final class Examples {

    private Examples() {}

    static Map<String, Envelope> all() {
        Map<String, Envelope> all = new LinkedHashMap<>();
        all.put("plain", plain());
        all.put("tombstone", builder().build());
        all.put("json-null", builder().data("application/json", utf8("null")).build());
        all.put(
                "json-string",
                builder().data("application/json", utf8("\"a \\\"b\\\" ü\"")).build());
        all.put(
                "unversioned",
                builder()
                        .aggregateVersion(null)
                        .data("application/json", utf8("[1]"))
                        .build());
        all.put("full", full());
        all.put("nasty", nasty());
        all.put(
                "avro",
                builder()
                        .data("application/avro", new byte[] {0, (byte) 0xff, 10, 34})
                        .build());
        all.put(
                "json-suffix",
                builder().data("application/order+json", utf8(" {\"b\" :\t2}")).build());
        return all;
    }

    static Envelope plain() {
        return builder()
                .data("application/json", utf8("{\"total\": 12.50, \"a\":1}"))
                .build();
    }

    static Envelope.Builder builder() {
        return Envelope.builder()
                .id(UUID.fromString("019a9c3e-7b1a-7c3d-9e2f-5a6b7c8d9e0f"))
                .aggregate(new Aggregate("orders", "", "order", "42"))
                .aggregateVersion(7L)
                .type("order-placed")
                .dataSchema(Envelope.defaultDataSchema("orders", "order-placed", 1))
                .time(Instant.parse("2026-11-20T10:15:30.123456Z"));
    }

    private static Envelope full() {
        return builder()
                .aggregate(new Aggregate("/services/orders", "acme", "order", "42"))
                .aggregateVersion(Long.MAX_VALUE)
                .sourceEpoch(3)
                .type("com.example.order-placed")
                .dataSchema("https://schemas.example.com/order-placed/12")
                .time(Instant.parse("2026-11-20T10:15:30Z"))
                .data("application/json", utf8("{\"name\":\"Zoë\"}"))
                .traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
                .redelivery("replay:2026-11")
                .header("correlationid", "c 1")
                .header("tracestate", "vendor=x,other=y")
                .header("causationid", "")
                .build();
    }

    private static Envelope nasty() {
        return builder()
                .aggregate(new Aggregate("orders", "Å%41 \"t\"", "order", "100% \\ é 😀 \" ' <a>&\t\r\n\u0001\u007f"))
                .data("application/json", utf8("{\"\\u00e9\\n\":\"😀 \\\" \\\\ \u007f \u2028\",\n \"b\":1e2}\n"))
                .header("user", " Zoë \"%20\" ")
                .build();
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
