package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;

/** A JSON value that equals another if JSON Schema says so: 1 is 1.0, and the order of names is no matter. */
final class Value {

    private final JsonNode json;
    private final String canonical;

    Value(JsonNode json) {
        this.json = json;
        this.canonical = Json.canonical(json);
    }

    JsonNode json() {
        return json;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Value value && value.canonical.equals(canonical);
    }

    @Override
    public int hashCode() {
        return canonical.hashCode();
    }

    @Override
    public String toString() {
        return canonical;
    }
}
