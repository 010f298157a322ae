package dev.tidemark.outbox;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.envelope.JsonText;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The rules of a writer's headers, which travel as CloudEvents extension attributes. */
final class Headers {

    static final int MAX_BYTES = 16 * 1024;

    private static final Pattern NAME = Pattern.compile("[a-z0-9]{1,20}");

    private Headers() {}

    /** A sorted, unmodifiable copy of {@code headers}. */
    static Map<String, String> checked(Map<String, String> headers) {
        Map<String, String> copy = new TreeMap<>();
        requireNonNull(headers, "headers").forEach((name, value) -> {
            Require.matching("header name", NAME, "correlationid", name);
            if (Envelope.RESERVED_NAMES.contains(name)) {
                throw new IllegalArgumentException("header " + name + " has a name that is taken; choose another than: "
                        + String.join(", ", Envelope.RESERVED_NAMES));
            }
            copy.put(name, Require.printable("header " + name, value));
        });
        int bytes = JsonText.utf8Bytes(JsonText.ofStrings(copy));
        if (bytes > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "headers must have at most " + MAX_BYTES + " bytes as JSON in UTF-8, but have " + bytes);
        }
        return Collections.unmodifiableMap(copy);
    }
}
