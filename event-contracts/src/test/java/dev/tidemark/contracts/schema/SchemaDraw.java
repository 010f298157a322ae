package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.util.List;
import java.util.Random;

/** Random schemas over few names and small numbers, so that two of them often have to do with each other. */
final class SchemaDraw {

    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final List<String> PATTERNS = List.of("^a", "b$", "^[ab]+$", "^.$", "[^a]");
    private static final List<String> TYPES =
            List.of("object", "string", "integer", "number", "array", "boolean", "null");
    private static final List<JsonNode> VALUES = List.of(
            TextNode.valueOf("a"),
            TextNode.valueOf("ab"),
            TextNode.valueOf(""),
            IntNode.valueOf(0),
            IntNode.valueOf(2),
            DecimalNode.valueOf(new BigDecimal("0.5")),
            BooleanNode.TRUE,
            JsonNodeFactory.instance.nullNode());

    private final Random random;
    private final boolean isPlain;

    /** @param isPlain with the keywords that most schemas of events have, and no others */
    SchemaDraw(Random random, boolean isPlain) {
        this.random = random;
        this.isPlain = isPlain;
    }

    JsonNode schema(int depth) {
        if (random.nextInt(20) == 0) {
            return BooleanNode.valueOf(random.nextInt(4) > 0);
        }
        ObjectNode schema = Json.object();
        String type = pick(depth > 0 ? TYPES : TYPES.subList(1, 7));
        int kind = random.nextInt(10);
        if (kind == 0) {
            return schema;
        }
        if (kind == 1) {
            schema.set("enum", values());
            return schema;
        }
        if (kind == 2) {
            ArrayNode types = schema.putArray("type").add(type);
            String other = pick(TYPES);
            if (!other.equals(type)) {
                types.add(other);
            }
        } else if (kind > 3) {
            schema.put("type", type);
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            keyword(schema, type, depth);
        }
        if (!isPlain && depth > 0 && random.nextInt(4) == 0) {
            combine(schema, depth);
        }
        return schema;
    }

    private void keyword(ObjectNode schema, String type, int depth) {
        switch (type) {
            case "object" -> object(schema, depth);
            case "array" -> array(schema, depth);
            case "string" -> text(schema);
            case "integer", "number" -> number(schema);
            default -> {}
        }
    }

    private void number(ObjectNode schema) {
        String keyword = pick(List.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"));
        BigDecimal half = new BigDecimal(random.nextInt(9) - 2).divide(BigDecimal.valueOf(2));
        schema.put(keyword, keyword.equals("multipleOf") ? half.abs().add(new BigDecimal("0.5")) : half);
    }

    private void text(ObjectNode schema) {
        switch (random.nextInt(3)) {
            case 0 -> schema.put("minLength", random.nextInt(4));
            case 1 -> schema.put("maxLength", random.nextInt(4));
            default -> schema.put("pattern", pick(PATTERNS));
        }
    }

    private void array(ObjectNode schema, int depth) {
        switch (random.nextInt(isPlain ? 4 : 6)) {
            case 0 -> schema.put("minItems", random.nextInt(3));
            case 1 -> schema.put("maxItems", random.nextInt(4));
            case 2 -> schema.set("items", schema(depth - 1));
            case 3 -> {
                ArrayNode prefix = schema.putArray("prefixItems");
                for (int i = random.nextInt(2); i >= 0; i--) {
                    prefix.add(schema(depth - 1));
                }
            }
            case 4 -> schema.put("uniqueItems", true);
            default -> {
                schema.set("contains", schema(depth - 1));
                if (random.nextBoolean()) {
                    schema.put(pick(List.of("minContains", "maxContains")), random.nextInt(3));
                }
            }
        }
    }

    private void object(ObjectNode schema, int depth) {
        switch (random.nextInt(isPlain ? 7 : 10)) {
            case 0, 1 -> {
                schema.withObjectProperty("properties").set(pick(NAMES), schema(depth - 1));
                schema.withObjectProperty("properties").set(pick(NAMES), schema(depth - 1));
            }
            case 2 -> schema.set("required", names());
            case 3 -> schema.set("additionalProperties", random.nextBoolean() ? BooleanNode.FALSE : schema(depth - 1));
            case 4 -> schema.withObjectProperty("patternProperties").set(pick(PATTERNS), schema(depth - 1));
            case 5 -> schema.put("minProperties", random.nextInt(3));
            case 6 -> schema.put("maxProperties", random.nextInt(4));
            case 7 -> schema.withObjectProperty("dependentRequired").set(pick(NAMES), names());
            case 8 -> schema.withObjectProperty("dependentSchemas").set(pick(NAMES), schema(depth - 1));
            default -> schema.set("propertyNames", Json.object("pattern", TextNode.valueOf(pick(PATTERNS))));
        }
    }

    private void combine(ObjectNode schema, int depth) {
        switch (random.nextInt(5)) {
            case 0 -> schema.set("not", schema(depth - 1));
            case 1 -> {
                schema.set("if", schema(depth - 1));
                schema.set(pick(List.of("then", "else")), schema(depth - 1));
            }
            default -> {
                ArrayNode parts = schema.putArray(pick(List.of("anyOf", "oneOf", "allOf")));
                for (int i = random.nextInt(2); i >= 0; i--) {
                    parts.add(schema(depth - 1));
                }
            }
        }
    }

    /** The same, but for one or two changes such as people make. */
    JsonNode mutated(JsonNode schema, int depth) {
        JsonNode mutated = schema.deepCopy();
        for (int i = random.nextInt(2); i >= 0; i--) {
            mutated = changed(mutated, depth);
        }
        return mutated;
    }

    private JsonNode changed(JsonNode schema, int depth) {
        if (!schema.isObject() || schema.isEmpty() || random.nextInt(12) == 0) {
            return schema(Math.max(depth, 0));
        }
        ObjectNode object = (ObjectNode) schema;
        List<String> keywords = List.copyOf(Json.fields(object).keySet());
        String keyword = pick(keywords);
        JsonNode value = object.get(keyword);
        if (value.isObject() && !value.isEmpty() && random.nextInt(4) > 0) {
            if (List.of("properties", "patternProperties", "dependentSchemas").contains(keyword)) {
                String name = pick(List.copyOf(Json.fields(value).keySet()));
                ((ObjectNode) value).set(name, changed(value.get(name), depth - 1));
            } else if (!keyword.startsWith("dependent")) {
                object.set(keyword, changed(value, depth - 1));
            }
            return object;
        }
        switch (random.nextInt(3)) {
            case 0 -> {
                object.remove(keyword);
                if (keyword.equals("contains")) {
                    object.remove(List.of("minContains", "maxContains"));
                }
            }
            case 1 -> keyword(object, object.path("type").asText(pick(TYPES)), depth);
            default -> {
                if (value.isInt() || value.isBigDecimal()) {
                    BigDecimal next = value.decimalValue().add(BigDecimal.valueOf(random.nextInt(3) - 1L));
                    if (next.signum() > 0) {
                        object.put(keyword, next);
                    }
                } else if (keyword.equals("enum")) {
                    object.set(keyword, values());
                } else if (keyword.equals("required")) {
                    object.set(keyword, names());
                }
            }
        }
        return object;
    }

    private ArrayNode values() {
        ArrayNode values = JsonNodeFactory.instance.arrayNode();
        int first = random.nextInt(VALUES.size() - 3);
        VALUES.subList(first, first + 1 + random.nextInt(3)).forEach(values::add);
        return values;
    }

    private ArrayNode names() {
        ArrayNode names = JsonNodeFactory.instance.arrayNode();
        NAMES.stream().filter(name -> random.nextBoolean()).forEach(names::add);
        return names;
    }

    private <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    /** Documents over the same names and numbers. */
    static List<JsonNode> universe(Random random, int size) {
        return random.ints(size, 0, Integer.MAX_VALUE)
                .mapToObj(seed -> document(new Random(seed), 2))
                .toList();
    }

    private static JsonNode document(Random random, int depth) {
        int kind = random.nextInt(depth > 0 ? 16 : 7);
        switch (kind) {
            case 0 -> {
                return JsonNodeFactory.instance.nullNode();
            }
            case 1 -> {
                return BooleanNode.valueOf(random.nextBoolean());
            }
            case 2, 3 -> {
                return DecimalNode.valueOf(new BigDecimal(random.nextInt(16) - 4).divide(BigDecimal.valueOf(2)));
            }
            case 4, 5 -> {
                return TextNode.valueOf(
                        List.of("", "a", "b", "ab", "ba", "aab", "c", "aabb").get(random.nextInt(8)));
            }
            case 6 -> {
                return VALUES.get(random.nextInt(VALUES.size()));
            }
            case 7, 8, 9, 10 -> {
                ArrayNode array = JsonNodeFactory.instance.arrayNode();
                for (int i = random.nextInt(4); i > 0; i--) {
                    array.add(document(random, depth - 1));
                }
                return array;
            }
            default -> {
                ObjectNode object = Json.object();
                for (int i = random.nextInt(5); i > 0; i--) {
                    object.set(List.of("a", "b", "c", "ab", "d").get(random.nextInt(5)), document(random, depth - 1));
                }
                return object;
            }
        }
    }
}
