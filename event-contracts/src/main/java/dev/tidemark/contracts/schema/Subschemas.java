package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/** Where schemas stand in a schema; what looks like one elsewhere, as in {@code enum}, is none. */
final class Subschemas {

    /** By a name that is no keyword. */
    static final Set<String> MAPS =
            Set.of("properties", "patternProperties", "dependentSchemas", "dependencies", "$defs", "definitions");

    /** One after the other; {@code items} was one too. */
    static final Set<String> LISTS = Set.of("allOf", "anyOf", "oneOf", "prefixItems", "items");

    static final Set<String> SINGLE = Set.of(
            "not",
            "if",
            "then",
            "else",
            "items",
            "additionalItems",
            "unevaluatedItems",
            "contains",
            "additionalProperties",
            "unevaluatedProperties",
            "propertyNames",
            "contentSchema");

    private Subschemas() {}

    /** Calls with each schema that is an object, the innermost first, and its place as a JSON pointer. */
    static void visit(JsonNode schema, String place, BiConsumer<ObjectNode, String> visitor) {
        if (!schema.isObject()) {
            return;
        }
        for (Map.Entry<String, JsonNode> field : schema.properties()) {
            String here = place + "/" + field.getKey();
            JsonNode value = field.getValue();
            if (MAPS.contains(field.getKey()) && value.isObject()) {
                value.properties()
                        .forEach(named -> visit(named.getValue(), here + "/" + escaped(named.getKey()), visitor));
            } else if (LISTS.contains(field.getKey()) && value.isArray()) {
                for (int i = 0; i < value.size(); i++) {
                    visit(value.get(i), here + "/" + i, visitor);
                }
            } else if (SINGLE.contains(field.getKey())) {
                visit(value, here, visitor);
            }
        }
        visitor.accept((ObjectNode) schema, place);
    }

    /** As a JSON pointer has it. */
    static String escaped(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }
}
