package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * What an object with the property {@code name} must have besides.
 *
 * @param required names of further properties
 * @param schema what the whole object must satisfy
 */
record Dependency(
        String name, List<String> required, @Nullable Part schema) {

    /** Of {@code dependentRequired} and {@code dependentSchemas}, or of {@code dependencies}, which was both. */
    static List<Dependency> of(Part part) {
        List<Dependency> all = new ArrayList<>();
        for (String keyword : List.of("dependentRequired", "dependentSchemas", "dependencies")) {
            if (part.has(keyword)) {
                part.get(keyword).properties().forEach(field -> all.add(of(part, field.getKey(), field.getValue())));
            }
        }
        return all;
    }

    private static Dependency of(Part part, String name, JsonNode value) {
        if (!value.isArray()) {
            return new Dependency(name, List.of(), part.with(value));
        }
        List<String> required = StreamSupport.stream(value.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
        return new Dependency(name, required, null);
    }
}
