package dev.tidemark.relay.capture;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Envelope;

/**
 * How a service's own names look on the wire.
 *
 * @param typePrefix put before every event type, such as {@code com.example.}; empty for none
 * @param schemaBase absolute URI before {@code /order-placed/1} in {@code dataschema}; empty for
 *     {@code urn:tidemark:<source>:<type>:<version>}
 */
public record WireNames(String typePrefix, String schemaBase) {

    public static final WireNames PLAIN = new WireNames("", "");

    public WireNames {
        requireNonNull(typePrefix, "typePrefix");
        requireNonNull(schemaBase, "schemaBase");
    }

    String type(String type) {
        return typePrefix + type;
    }

    String dataSchema(String source, String type, int schemaVersion) {
        return schemaBase.isEmpty()
                ? Envelope.defaultDataSchema(source, type, schemaVersion)
                : schemaBase + "/" + type + "/" + schemaVersion;
    }
}
