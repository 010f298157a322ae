package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** The text of a schema with all that it refers to, and without what says nothing about documents. */
final class Meaning {

    private final SchemaDocument document;
    private final Map<String, String> targets = new TreeMap<>();

    Meaning(SchemaDocument document) {
        this.document = document;
    }

    String of(JsonNode schema) {
        String text = text(schema);
        return targets.isEmpty() ? text : text + " with " + targets;
    }

    private String text(JsonNode schema) {
        if (!schema.isObject()) {
            return schema.toString();
        }
        if (schema.isEmpty()) {
            return "true";
        }
        return document.dialect() + fields(schema, field -> keyword(field.getKey(), field.getValue()));
    }

    private static String fields(JsonNode object, Function<Map.Entry<String, JsonNode>, String> value) {
        return Json.fields(object).entrySet().stream()
                .filter(field -> !value.apply(field).isEmpty())
                .map(field -> Json.quoted(field.getKey()) + ":" + value.apply(field))
                .collect(Collectors.joining(",", "{", "}"));
    }

    /** Empty if it has no meaning. */
    private String keyword(String name, JsonNode value) {
        if (Dialect.ANNOTATIONS.contains(name) || !document.dialect().knows(name)) {
            return "";
        }
        if (name.equals("$ref")) {
            refer(value.asText());
            return Json.canonical(value);
        }
        if (Subschemas.MAPS.contains(name)) {
            return fields(
                    value,
                    field -> field.getValue().isArray() ? Json.canonical(field.getValue()) : text(field.getValue()));
        }
        if (value.isArray() && Subschemas.LISTS.contains(name)) {
            return StreamSupport.stream(value.spliterator(), false)
                    .map(this::text)
                    .collect(Collectors.joining(",", "[", "]"));
        }
        return Subschemas.SINGLE.contains(name) ? text(value) : Json.canonical(value);
    }

    private void refer(String reference) {
        if (!targets.containsKey(reference)) {
            targets.put(reference, "");
            targets.put(reference, text(document.resolve(reference)));
        }
    }
}
