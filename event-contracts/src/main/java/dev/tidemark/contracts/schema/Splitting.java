package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/** A schema as the pieces that a document must satisfy, all of them, so that each difference is found by itself. */
final class Splitting {

    private static final int DEEPEST = 6;
    private static final List<Set<String>> GROUPS = List.of(
            Set.of("if", "then", "else"),
            Set.of("contains", "minContains", "maxContains"),
            Set.of("items", "prefixItems", "additionalItems", "unevaluatedItems"));

    private final List<Piece> pieces = new ArrayList<>();

    private Splitting() {}

    /**
     * One of them.
     *
     * @param place of its keyword, as a JSON pointer
     */
    record Piece(Part part, String place) {}

    static List<Piece> of(SchemaDocument document) {
        Splitting splitting = new Splitting();
        splitting.split(document.root(), "", json -> json, 0, document.root());
        return splitting.pieces;
    }

    /** {@code around} puts a piece where it belongs, such as into a property. */
    private void split(Part schema, String place, UnaryOperator<JsonNode> around, int depth, Part owner) {
        if (!schema.json().isObject()
                || schema.json().isEmpty()
                || schema.isOpaqueItems()
                || schema.isOpaqueProperties()
                || depth > DEEPEST) {
            add(owner, schema.json(), place, around);
            return;
        }
        Set<String> done = new LinkedHashSet<>();
        for (String keyword : Json.fields(schema.json()).keySet()) {
            if (schema.has(keyword) && !Dialect.ANNOTATIONS.contains(keyword) && done.add(keyword)) {
                String here = place + "/" + keyword;
                switch (keyword) {
                    case "$ref" -> split(schema.target(), here, around, depth + 1, owner);
                    case "allOf" -> {
                        for (int i = 0; i < schema.get(keyword).size(); i++) {
                            split(schema.list(keyword).get(i), here + "/" + i, around, depth + 1, owner);
                        }
                    }
                    case "required" -> {
                        for (String name : schema.texts(keyword)) {
                            ArrayNode names =
                                    JsonNodeFactory.instance.arrayNode().add(name);
                            add(owner, Json.object(keyword, names), here, around);
                        }
                    }
                    case "properties" ->
                        schema.map(keyword)
                                .forEach((name, part) -> split(
                                        part,
                                        here + "/" + Subschemas.escaped(name),
                                        json -> around.apply(Json.object("properties", Json.object(name, json))),
                                        depth + 1,
                                        owner));
                    case "patternProperties" ->
                        schema.map(keyword)
                                .forEach((name, part) -> add(
                                        owner,
                                        Json.object(keyword, Json.object(name, part.json())),
                                        here + "/" + Subschemas.escaped(name),
                                        around));
                    case "additionalProperties", "unevaluatedProperties" ->
                        add(owner, others(schema, keyword), here, around);
                    default -> other(schema, keyword, here, around, depth, owner, done);
                }
            }
        }
    }

    private void other(
            Part schema,
            String keyword,
            String here,
            UnaryOperator<JsonNode> around,
            int depth,
            Part owner,
            Set<String> done) {
        boolean isPlainItems = keyword.equals("items") && schema.prefix().isEmpty() && !schema.has("unevaluatedItems");
        if (isPlainItems) {
            split(schema.at("items"), here, json -> around.apply(Json.object("items", json)), depth + 1, owner);
            return;
        }
        ObjectNode group = Json.object();
        for (String each : groupOf(keyword)) {
            if (schema.has(each)) {
                group.set(each, schema.get(each));
                done.add(each);
            }
        }
        add(owner, group, here, around);
    }

    private static Set<String> groupOf(String keyword) {
        return GROUPS.stream()
                .filter(group -> group.contains(keyword))
                .findFirst()
                .orElse(Set.of(keyword));
    }

    /** What properties are that have neither a name nor a pattern, where nothing else is said of those that have. */
    private static JsonNode others(Part schema, String keyword) {
        ObjectNode group = Json.object(keyword, schema.get(keyword));
        for (String other : List.of("properties", "patternProperties", "additionalProperties")) {
            if (schema.has(other) && !other.equals(keyword)) {
                if (other.equals("additionalProperties")) {
                    group.set(other, BooleanNode.TRUE);
                } else {
                    ObjectNode anything = Json.object();
                    schema.map(other).keySet().forEach(name -> anything.set(name, BooleanNode.TRUE));
                    group.set(other, anything);
                }
            }
        }
        return group;
    }

    private void add(Part owner, JsonNode json, String place, UnaryOperator<JsonNode> around) {
        pieces.add(new Piece(owner.with(around.apply(json)), place.isEmpty() ? "/" : place));
    }
}
