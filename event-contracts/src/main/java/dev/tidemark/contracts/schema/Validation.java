package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Whether a document is valid, as a validator says that others use too. Formats are checked. */
final class Validation {

    private static final SchemaRegistryConfig CONFIG = SchemaRegistryConfig.builder()
            .formatAssertionsEnabled(true)
            .locale(Locale.ROOT)
            .build();

    private static final Map<Dialect, Schema> META =
            Arrays.stream(Dialect.values()).collect(Collectors.toUnmodifiableMap(dialect -> dialect, Validation::meta));

    private final Schema schema;

    Validation(JsonNode root, Dialect dialect) {
        this.schema = registry(dialect).getSchema(prepared(root, dialect));
    }

    /**
     * The validator wants the values of objects to be unique too, and counts what they contain, where these keywords
     * stand without a type; and it warns of each word that it does not know.
     */
    private static JsonNode prepared(JsonNode root, Dialect dialect) {
        JsonNode copy = root.deepCopy();
        Subschemas.visit(copy, "", (schema, place) -> {
            schema.properties().removeIf(field -> !dialect.knows(field.getKey()));
            ObjectNode then = Json.object();
            for (String keyword : List.of("uniqueItems", "contains", "minContains", "maxContains")) {
                if (schema.has(keyword) && !schema.path("type").asText().equals("array")) {
                    then.set(keyword, schema.remove(keyword));
                }
            }
            if (!then.isEmpty()) {
                ObjectNode condition = Json.object("if", Json.object("type", TextNode.valueOf("array")));
                condition.set("then", then);
                schema.withArrayProperty("allOf").add(condition);
            }
        });
        return copy;
    }

    private static Schema meta(Dialect dialect) {
        return registry(dialect).getSchema(SchemaLocation.of(dialect.version().getDialectId()));
    }

    /** What the meta-schema finds wrong with a schema. */
    static List<String> metaProblems(JsonNode root, Dialect dialect) {
        Schema meta = META.get(dialect);
        if (meta == null) {
            throw new IllegalStateException("there is no meta-schema of " + dialect);
        }
        return texts(meta.validate(root));
    }

    private static SchemaRegistry registry(Dialect dialect) {
        return SchemaRegistry.withDefaultDialect(dialect.version(), builder -> builder.schemaRegistryConfig(CONFIG));
    }

    boolean accepts(JsonNode document) {
        return schema.validate(document).isEmpty();
    }

    /** What is wrong with the document, each with its place. */
    List<String> problems(JsonNode document) {
        return texts(schema.validate(document));
    }

    private static List<String> texts(List<Error> errors) {
        return errors.stream().map(Validation::text).distinct().toList();
    }

    private static String text(Error error) {
        String place = error.getInstanceLocation().toString();
        return (place.isEmpty() ? "" : "at " + place + ": ") + error.getMessage();
    }

    /** Without the source, of which it quotes too much. */
    static String cause(JsonProcessingException e) {
        return e.getOriginalMessage()
                + (e.getLocation() == null ? "" : " at line " + e.getLocation().getLineNr());
    }
}
