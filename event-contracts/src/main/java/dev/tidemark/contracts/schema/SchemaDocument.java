package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * A JSON Schema of draft 2020-12, which it is unless {@code $schema} says draft-07. It refers to nothing outside of
 * itself. Immutable, and safe for many threads.
 */
public final class SchemaDocument {

    private final String name;
    private final JsonNode root;
    private final Dialect dialect;
    private final IdentityHashMap<JsonNode, Part> parts = new IdentityHashMap<>();
    private final Validation validation;

    private SchemaDocument(String name, JsonNode root, Dialect dialect) {
        this.name = name;
        this.root = root;
        this.dialect = dialect;
        this.validation = new Validation(root, dialect);
    }

    /**
     * Reads a schema.
     *
     * @param name of it in messages, such as {@code order/order-placed/1.json}
     * @throws SchemaException if it is no JSON, or no schema that is understood here, with all that is wrong with it
     */
    public static SchemaDocument parse(String name, String text) {
        JsonNode root;
        try {
            root = Json.parse(text);
        } catch (JsonProcessingException e) {
            throw new SchemaException(name, List.of("must be JSON, but is not: " + Validation.cause(e)));
        }
        Grammar grammar = new Grammar(root);
        if (!grammar.problems().isEmpty()) {
            throw new SchemaException(name, grammar.problems());
        }
        return new SchemaDocument(name, root, grammar.dialect());
    }

    /** A schema of our own making, which needs no check. */
    static Part of(JsonNode schema) {
        return new SchemaDocument("", schema, Dialect.DRAFT_2020_12).root();
    }

    public String name() {
        return name;
    }

    /** As it stands in the file. */
    public JsonNode json() {
        return root.deepCopy();
    }

    /** As {@code $schema} would have it. */
    public String dialectId() {
        return dialect.id();
    }

    /** Whether it accepts the same documents because it says the same; titles and descriptions are no matter. */
    public boolean saysTheSameAs(SchemaDocument other) {
        return root().equals(other.root());
    }

    /**
     * What is wrong with a document, each with its place; nothing if it is valid. Formats are checked.
     *
     * @throws IllegalArgumentException if it is no JSON
     */
    public List<String> problemsOf(String document) {
        try {
            return validation.problems(Json.parse(document));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("must be JSON, but is not: " + Validation.cause(e), e);
        }
    }

    Part root() {
        return part(root);
    }

    synchronized Part part(JsonNode json) {
        Part known = parts.get(json);
        if (known == null) {
            known = new Part(this, json);
            parts.put(json, known);
        }
        return known;
    }

    Dialect dialect() {
        return dialect;
    }

    Validation validation() {
        return validation;
    }

    JsonNode resolve(String reference) {
        return Reference.resolve(root, reference)
                .orElseThrow(() -> new IllegalStateException(name + " refers to " + reference + ", which it has not"));
    }

    @Override
    public String toString() {
        return name;
    }
}
