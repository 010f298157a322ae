package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
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

    private static final int DEEPEST = 12;
    private static final List<Set<String>> GROUPS = List.of(
            Set.of("if", "then", "else"),
            Set.of("contains", "minContains", "maxContains"),
            Set.of("items", "prefixItems", "additionalItems", "unevaluatedItems"));

    private final Part owner;
    private final List<Piece> pieces = new ArrayList<>();

    private Splitting(Part owner) {
        this.owner = owner;
    }

    /**
     * One of them.
     *
     * @param place of its keyword, as a JSON pointer
     */
    record Piece(Part part, String place) {}

    /**
     * Where a schema stands in the whole.
     *
     * @param around puts a piece of it where it belongs, such as into a property
     */
    private record Site(String place, int depth, UnaryOperator<JsonNode> around) {

        Site at(String keyword) {
            return new Site(place + "/" + Subschemas.escaped(keyword), depth + 1, around);
        }

        Site within(UnaryOperator<JsonNode> inner) {
            return new Site(place, depth, json -> around.apply(inner.apply(json)));
        }
    }

    static List<Piece> of(SchemaDocument document) {
        Splitting splitting = new Splitting(document.root());
        splitting.split(document.root(), new Site("", 0, json -> json));
        return splitting.pieces;
    }

    private void split(Part schema, Site site) {
        if (!schema.json().isObject()
                || schema.json().isEmpty()
                || schema.isOpaqueItems()
                || schema.isOpaqueProperties()
                || site.depth() > DEEPEST) {
            add(schema.json(), site);
            return;
        }
        Set<String> done = new LinkedHashSet<>();
        for (String keyword : Json.fields(schema.json()).keySet()) {
            if (schema.has(keyword) && !Dialect.ANNOTATIONS.contains(keyword) && done.add(keyword)) {
                split(schema, keyword, site.at(keyword), done);
            }
        }
    }

    private void split(Part schema, String keyword, Site site, Set<String> done) {
        switch (keyword) {
            case "$ref" -> split(schema.target(), site);
            case "allOf" -> splitAll(schema.list(keyword), site);
            case "required" ->
                schema.texts(keyword)
                        .forEach(name -> add(
                                Json.object(
                                        keyword,
                                        JsonNodeFactory.instance.arrayNode().add(name)),
                                site));
            case "properties" ->
                schema.map(keyword)
                        .forEach((name, part) -> split(
                                part, site.at(name).within(json -> Json.object(keyword, Json.object(name, json)))));
            case "patternProperties" ->
                schema.map(keyword)
                        .forEach((name, part) ->
                                add(Json.object(keyword, Json.object(name, part.json())), site.at(name)));
            case "additionalProperties", "unevaluatedProperties" -> add(others(schema, keyword), site);
            default -> {
                if (keyword.equals("items") && schema.prefix().isEmpty() && !schema.has("unevaluatedItems")) {
                    split(schema.at(keyword), site.within(json -> Json.object(keyword, json)));
                } else {
                    add(group(schema, keyword, done), site);
                }
            }
        }
    }

    private void splitAll(List<Part> parts, Site site) {
        for (int i = 0; i < parts.size(); i++) {
            split(parts.get(i), site.at(String.valueOf(i)));
        }
    }

    /** The keyword with those that have a meaning only together with it. */
    private static JsonNode group(Part schema, String keyword, Set<String> done) {
        ObjectNode group = Json.object();
        for (String each : groupOf(keyword)) {
            if (schema.has(each)) {
                group.set(each, schema.get(each));
                done.add(each);
            }
        }
        return group;
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

    private void add(JsonNode json, Site site) {
        pieces.add(new Piece(owner.with(site.around().apply(json)), site.place().isEmpty() ? "/" : site.place()));
    }
}
