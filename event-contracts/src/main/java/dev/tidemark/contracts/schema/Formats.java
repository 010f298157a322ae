package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Map;

/** Formats that are checked, each with texts that have it. What has another format is not known to have none. */
final class Formats {

    private static final Map<String, List<String>> SAMPLES = Map.ofEntries(
            Map.entry("date-time", List.of("2026-01-31T12:00:00Z", "1999-12-31T23:59:59.5+01:00")),
            Map.entry("date", List.of("2026-01-31", "1999-12-31")),
            Map.entry("time", List.of("12:00:00Z", "23:59:59.5+01:00")),
            Map.entry("duration", List.of("P1D", "PT36H")),
            Map.entry("email", List.of("a@example.com", "somebody.else@example.org")),
            Map.entry("hostname", List.of("example.com", "a")),
            Map.entry("ipv4", List.of("192.0.2.1", "127.0.0.1")),
            Map.entry("ipv6", List.of("::1", "2001:db8::1")),
            Map.entry("uri", List.of("https://example.com/a", "urn:a:b")),
            Map.entry("uri-reference", List.of("/a", "https://example.com/a")),
            Map.entry("uuid", List.of("0193f3a0-0000-7000-8000-000000000001", "9b2d3c4e-1f2a-4b3c-8d4e-5f6a7b8c9d0e")),
            Map.entry("json-pointer", List.of("/a", "")),
            Map.entry("regex", List.of("a", "[0-9]+")));

    private Formats() {}

    /** Texts to try, for want of a better idea. */
    static List<String> samples(String format) {
        return SAMPLES.getOrDefault(format, List.of());
    }

    static Truth matches(String format, String text) {
        if (!SAMPLES.containsKey(format)) {
            return Truth.UNSURE;
        }
        Part schema = SchemaDocument.of(Json.object("format", TextNode.valueOf(format)));
        return Truth.of(schema.document().validation().accepts(TextNode.valueOf(text)));
    }
}
