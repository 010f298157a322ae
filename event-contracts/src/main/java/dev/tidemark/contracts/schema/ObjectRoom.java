package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Objects: what each property is, which there must and must not be, and how many. */
final class ObjectRoom implements Room {

    private long least;
    private long most = Long.MAX_VALUE;
    private Set<String> required = new LinkedHashSet<>();
    private Set<String> absent = new LinkedHashSet<>();
    private List<Literal> names = new ArrayList<>();
    private List<Every> every = new ArrayList<>();
    private Map<String, Set<Literal>> values = new HashMap<>();
    private List<Some> some = new ArrayList<>();

    /** What each property is, by its name. */
    record Every(
            Map<String, Part> properties,
            Map<String, Part> patterns,
            @Nullable Part additional) {}

    /**
     * A property that there must be, under whatever name.
     *
     * @param patterns that its name matches
     * @param nonPatterns that its name does not match
     * @param nonNames which it has not
     * @param name what else is said of its name
     * @param value what it is
     */
    record Some(
            Set<String> patterns,
            Set<String> nonPatterns,
            Set<String> nonNames,
            @Nullable Literal name,
            @Nullable Literal value) {}

    @Override
    public Room copy() {
        ObjectRoom copy = new ObjectRoom();
        copy.least = least;
        copy.most = most;
        copy.required = new LinkedHashSet<>(required);
        copy.absent = new LinkedHashSet<>(absent);
        copy.names = new ArrayList<>(names);
        copy.every = new ArrayList<>(every);
        copy.values = new HashMap<>();
        values.forEach((name, literals) -> copy.values.put(name, new LinkedHashSet<>(literals)));
        copy.some = new ArrayList<>(some);
        return copy;
    }

    @Override
    public void require(Part schema, Branch branch) {
        if (schema.has("minProperties")) {
            least = Math.max(least, Count.of(schema.get("minProperties")));
        }
        if (schema.has("maxProperties")) {
            most = Math.min(most, Count.of(schema.get("maxProperties")));
        }
        required.addAll(schema.texts("required"));
        if (schema.has("propertyNames")) {
            names.add(Literal.of(schema.at("propertyNames")));
        }
        if (schema.has("properties") || schema.has("patternProperties") || schema.additional() != null) {
            every.add(new Every(schema.map("properties"), schema.map("patternProperties"), schema.additional()));
        }
        for (Dependency dependency : Dependency.of(schema)) {
            branch.with(Literal.of(schema.with(asChoice(dependency))));
        }
        if (schema.isOpaqueProperties()) {
            branch.opaque("unevaluatedProperties", schema.toString(), true);
        }
    }

    /** Either the property is not there, or what depends on it is. */
    private static JsonNode asChoice(Dependency dependency) {
        ArrayNode choices = JsonNodeFactory.instance.arrayNode();
        choices.add(Json.object("not", required(List.of(dependency.name()))));
        Part schema = dependency.schema();
        choices.add(schema == null ? required(dependency.required()) : schema.json());
        return Json.object("anyOf", choices);
    }

    private static ObjectNode required(List<String> names) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        names.forEach(array::add);
        return Json.object("required", array);
    }

    @Override
    public List<Branch> refuse(Part schema, Branch branch) {
        List<Branch> ways = new ArrayList<>();
        if (schema.has("minProperties")) {
            ObjectRoom room = another(branch, ways);
            room.most = Math.min(room.most, Count.of(schema.get("minProperties")) - 1);
        }
        if (schema.has("maxProperties")) {
            ObjectRoom room = another(branch, ways);
            room.least = Math.max(room.least, Count.of(schema.get("maxProperties")) + 1);
        }
        schema.texts("required").forEach(name -> another(branch, ways).absent.add(name));
        schema.map("properties").forEach((name, part) -> {
            if (!part.isBoolean(true)) {
                another(branch, ways).put(name, Literal.not(part));
            }
        });
        refuseOthers(schema, branch, ways);
        for (Dependency dependency : Dependency.of(schema)) {
            refuse(dependency, branch, ways);
        }
        if (schema.isOpaqueProperties()) {
            ways.add(branch.copy().opaque("unevaluatedProperties", schema.toString(), false));
        }
        return ways;
    }

    private void refuseOthers(Part schema, Branch branch, List<Branch> ways) {
        Map<String, Part> patterns = schema.map("patternProperties");
        patterns.forEach((pattern, part) -> {
            if (!part.isBoolean(true)) {
                another(branch, ways).some.add(new Some(Set.of(pattern), Set.of(), Set.of(), null, Literal.not(part)));
            }
        });
        Part additional = schema.additional();
        if (additional != null && !additional.isBoolean(true)) {
            Set<String> known = schema.map("properties").keySet();
            another(branch, ways).some.add(new Some(Set.of(), patterns.keySet(), known, null, Literal.not(additional)));
        }
        if (schema.has("propertyNames")) {
            Literal name = Literal.not(schema.at("propertyNames"));
            another(branch, ways).some.add(new Some(Set.of(), Set.of(), Set.of(), name, null));
        }
    }

    private static void refuse(Dependency dependency, Branch branch, List<Branch> ways) {
        for (String name : dependency.required()) {
            ObjectRoom room = another(branch, ways);
            room.required.add(dependency.name());
            room.absent.add(name);
        }
        Part schema = dependency.schema();
        if (schema != null) {
            another(branch, ways).required.add(dependency.name());
            ways.get(ways.size() - 1).with(Literal.not(schema));
        }
    }

    private static ObjectRoom another(Branch branch, List<Branch> ways) {
        Branch way = branch.copy();
        ways.add(way);
        return way.room(ObjectRoom.class);
    }

    private void put(String name, Literal value) {
        required.add(name);
        values.computeIfAbsent(name, each -> new LinkedHashSet<>()).add(value);
    }

    @Override
    public Outcome solve(Search search, Branch branch) {
        if (least > most || required.stream().anyMatch(absent::contains)) {
            return Outcome.none();
        }
        Set<Value> excluded = new LinkedHashSet<>();
        branch.excluded().stream().filter(value -> value.json().isObject()).forEach(excluded::add);
        Properties properties = new Properties(search, names, every, some, required, absent, values);
        return new ObjectBuilding(properties, least, most, excluded).outcome(some);
    }
}
