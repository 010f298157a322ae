package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A schema inside of a document. Equal to another that says the same, wherever that stands. */
final class Part {

    /** With one of these beside it, what is evaluated is not known from the keywords alone. */
    private static final Set<String> IN_PLACE =
            Set.of("$ref", "allOf", "anyOf", "oneOf", "if", "dependentSchemas", "$dynamicRef");

    private final SchemaDocument document;
    private final JsonNode json;
    private final String meaning;

    Part(SchemaDocument document, JsonNode json) {
        this.document = document;
        this.json = json;
        this.meaning = new Meaning(document).of(json);
    }

    /** Another schema, whose references lead where those of this one lead. */
    Part with(JsonNode other) {
        return document.part(other);
    }

    JsonNode json() {
        return json;
    }

    SchemaDocument document() {
        return document;
    }

    boolean isBoolean(boolean value) {
        return json.isBoolean() ? json.booleanValue() == value : value && json.isEmpty();
    }

    /** Whether the keyword is here and has effect: in draft-07, nothing has beside a reference. */
    boolean has(String keyword) {
        return json.has(keyword)
                && (document.dialect() != Dialect.DRAFT_07 || keyword.equals("$ref") || !json.has("$ref"));
    }

    JsonNode get(String keyword) {
        return json.path(keyword);
    }

    Part at(String keyword) {
        return with(json.get(keyword));
    }

    List<Part> list(String keyword) {
        List<Part> parts = new ArrayList<>();
        if (has(keyword)) {
            json.get(keyword).forEach(item -> parts.add(with(item)));
        }
        return parts;
    }

    Map<String, Part> map(String keyword) {
        Map<String, Part> parts = new LinkedHashMap<>();
        if (has(keyword)) {
            Json.fields(json.get(keyword)).forEach((name, value) -> parts.put(name, with(value)));
        }
        return parts;
    }

    List<String> texts(String keyword) {
        List<String> texts = new ArrayList<>();
        if (has(keyword)) {
            json.get(keyword).forEach(item -> texts.add(item.asText()));
        }
        return texts;
    }

    /** Where {@code $ref} leads. */
    Part target() {
        return with(document.resolve(json.get("$ref").asText()));
    }

    /** The schemas of the first items. */
    List<Part> prefix() {
        if (document.dialect() == Dialect.DRAFT_2020_12) {
            return list("prefixItems");
        }
        return get("items").isArray() ? list("items") : List.of();
    }

    /** The schema of the items after these; null if they may be anything. */
    @Nullable
    Part tail() {
        if (document.dialect() == Dialect.DRAFT_07 && get("items").isArray()) {
            return has("additionalItems") ? at("additionalItems") : null;
        }
        if (has("items")) {
            return at("items");
        }
        return has("unevaluatedItems") && !isOpaqueItems() ? at("unevaluatedItems") : null;
    }

    /** The schema of properties that neither have a name nor match a pattern here; null if they may be anything. */
    @Nullable
    Part additional() {
        if (has("additionalProperties")) {
            return at("additionalProperties");
        }
        return has("unevaluatedProperties") && !isOpaqueProperties() ? at("unevaluatedProperties") : null;
    }

    /** Whether {@code unevaluatedProperties} depends on what other schemas saw. */
    boolean isOpaqueProperties() {
        return has("unevaluatedProperties")
                && !has("additionalProperties")
                && IN_PLACE.stream().anyMatch(this::has);
    }

    boolean isOpaqueItems() {
        return has("unevaluatedItems")
                && !has("items")
                && (has("contains") || IN_PLACE.stream().anyMatch(this::has));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Part part && part.meaning.equals(meaning);
    }

    @Override
    public int hashCode() {
        return meaning.hashCode();
    }

    @Override
    public String toString() {
        return meaning;
    }
}
