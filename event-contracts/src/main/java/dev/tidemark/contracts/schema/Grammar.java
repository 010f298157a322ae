package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What is wrong with a schema. Beyond its own meta-schema: a keyword that nobody knows would be passed over in
 * silence, so that {@code requried} requires nothing; and a reference into the network would not be the same tomorrow.
 */
final class Grammar {

    private final JsonNode root;
    private final List<String> problems = new ArrayList<>();
    private Dialect dialect = Dialect.DRAFT_2020_12;

    Grammar(JsonNode root) {
        this.root = root;
        if (readDialect()) {
            problems.addAll(Validation.metaProblems(root, dialect));
        }
        if (problems.isEmpty()) {
            Subschemas.visit(root, "", this::schema);
        }
    }

    List<String> problems() {
        return problems;
    }

    Dialect dialect() {
        return dialect;
    }

    private boolean readDialect() {
        if (!root.isObject() && !root.isBoolean()) {
            problems.add("a schema must be an object, or true or false");
            return false;
        }
        if (!root.has("$schema")) {
            return true;
        }
        String id = root.get("$schema").asText();
        for (Dialect known : Dialect.values()) {
            if (known.id().equals(id.endsWith("#") ? id.substring(0, id.length() - 1) : id)) {
                dialect = known;
                return true;
            }
        }
        problems.add(
                "$schema must be " + Dialect.DRAFT_2020_12.id() + " or " + Dialect.DRAFT_07.id() + "#, but was: " + id);
        return false;
    }

    private void schema(ObjectNode schema, String place) {
        for (Map.Entry<String, JsonNode> field : schema.properties()) {
            String name = field.getKey();
            if (dialect.knows(name)) {
                keyword(name, field.getValue(), place);
            } else if (!name.startsWith("x-")) {
                unknown(name, place + "/" + name);
            }
        }
    }

    private void unknown(String name, String here) {
        String similar = dialect.keywords().stream()
                .filter(keyword -> distance(keyword, name) <= 2)
                .min(Comparator.comparing(keyword -> distance(keyword, name)))
                .map(keyword -> "; did you mean " + keyword + "?")
                .orElse("; names of your own begin with x-");
        problems.add("at " + here + ": " + name + " is no keyword of " + dialect.id() + similar);
    }

    private void keyword(String name, JsonNode value, String place) {
        if (name.equals("$ref") && Reference.resolve(root, value.asText()).isEmpty()) {
            problems.add("at " + place + "/$ref: must lead to a schema in this file, such as #/$defs/money, but was: "
                    + value.asText());
        }
        if (name.equals("$id") && !place.isEmpty()) {
            problems.add("at " + place + "/$id: only the whole file may have an $id");
        }
    }

    /** How many characters must be put in, left out or changed to make the one of the other. */
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int changed = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[other.length()];
    }
}
