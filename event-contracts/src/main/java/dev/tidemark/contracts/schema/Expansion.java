package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** All ways to satisfy one goal: type by type, alternative by alternative. */
final class Expansion {

    private final Search search;
    private final Goal goal;

    Expansion(Search search, Goal goal) {
        this.search = search;
        this.goal = goal;
    }

    Outcome outcome() {
        JsonNode given = given();
        if (given != null) {
            return among(given);
        }
        Outcome outcome = Outcome.none();
        for (Type type : Type.values()) {
            outcome = outcome.or(of(type));
            if (outcome.isFound()) {
                return outcome;
            }
        }
        return outcome;
    }

    /** The values of an enum or a const that stands on top; null if there is none. */
    private @Nullable JsonNode given() {
        for (Literal literal : goal.literals()) {
            if (literal.holds()) {
                JsonNode values = values(literal.part());
                if (values != null) {
                    return values;
                }
            }
        }
        return null;
    }

    private static @Nullable JsonNode values(Part part) {
        if (part.has("const")) {
            return JsonNodeFactory.instance.arrayNode().add(part.get("const"));
        }
        return part.has("enum") ? part.get("enum") : null;
    }

    private Outcome among(Iterable<JsonNode> values) {
        Outcome outcome = Outcome.none();
        for (JsonNode value : values) {
            outcome = outcome.or(tried(value));
        }
        return outcome;
    }

    private Outcome tried(JsonNode value) {
        if (goal.excluded().contains(new Value(value))) {
            return Outcome.none();
        }
        Evaluation evaluation = new Evaluation();
        Truth truth = Truth.YES;
        for (Literal literal : goal.literals()) {
            truth = truth.and(() -> evaluation.satisfies(value, literal));
        }
        if (truth == Truth.NO) {
            return Outcome.none();
        }
        return Outcome.found(value).doubted(truth == Truth.UNSURE ? "a keyword about given values is not known" : null);
    }

    private Outcome of(Type type) {
        return switch (type) {
            case NULL -> among(List.of(NullNode.instance));
            case BOOLEAN -> among(List.of(BooleanNode.TRUE, BooleanNode.FALSE));
            case NUMBER -> follow(Branch.begin(new NumberRoom(), goal), type);
            case STRING -> follow(Branch.begin(new TextRoom(), goal), type);
            case ARRAY -> follow(Branch.begin(new ArrayRoom(), goal), type);
            default -> follow(Branch.begin(new ObjectRoom(), goal), type);
        };
    }

    private Outcome follow(Branch branch, Type type) {
        if (branch.isBroken()) {
            return Outcome.none();
        }
        if (search.isTired()) {
            return Outcome.unknown("these schemas are too intricate to be compared");
        }
        Literal next = branch.next();
        if (next == null) {
            return branch.room().solve(search, branch).doubted(branch.doubt());
        }
        JsonNode values = next.holds() ? values(next.part()) : null;
        if (values != null) {
            return among(values);
        }
        Outcome outcome = Outcome.none();
        for (Branch way : next.holds() ? kept(next.part(), branch, type) : broken(next.part(), branch, type)) {
            outcome = outcome.or(follow(way, type));
            if (outcome.isFound()) {
                return outcome;
            }
        }
        return outcome;
    }

    private static List<Branch> kept(Part schema, Branch branch, Type type) {
        if (schema.json().isBoolean()) {
            return schema.json().booleanValue() ? List.of(branch) : List.of();
        }
        if (schema.has("type") && !type.isIn(schema.get("type"))) {
            return List.of();
        }
        branch.room().require(schema, branch);
        schema.list("allOf").forEach(part -> branch.with(Literal.of(part)));
        if (schema.has("not")) {
            branch.with(Literal.not(schema.at("not")));
        }
        if (schema.has("$ref")) {
            branch.with(Literal.of(schema.target()));
        }
        if (schema.has("$dynamicRef")) {
            branch.opaque("$dynamicRef", schema.get("$dynamicRef").asText(), true);
        }
        List<Branch> ways = List.of(branch);
        ways = schema.has("anyOf") ? each(ways, way -> anyOf(schema.list("anyOf"), way)) : ways;
        ways = schema.has("oneOf") ? each(ways, way -> oneOf(schema.list("oneOf"), way)) : ways;
        return schema.has("if") ? each(ways, way -> conditional(schema, way)) : ways;
    }

    private static List<Branch> each(List<Branch> ways, Function<Branch, List<Branch>> further) {
        return ways.stream().flatMap(way -> further.apply(way).stream()).toList();
    }

    private static List<Branch> anyOf(List<Part> parts, Branch branch) {
        return parts.stream().map(part -> branch.copy().with(Literal.of(part))).toList();
    }

    private static List<Branch> oneOf(List<Part> parts, Branch branch) {
        List<Branch> ways = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            Branch way = branch.copy();
            for (int j = 0; j < parts.size(); j++) {
                if (j == i) {
                    way.with(Literal.of(parts.get(j)));
                } else if (parts.get(j).equals(parts.get(i))) {
                    way.with(Literal.not(parts.get(i)));
                } else {
                    way.with(Literal.not(parts.get(j)));
                }
            }
            ways.add(way);
        }
        return ways;
    }

    private static List<Branch> conditional(Part schema, Branch branch) {
        Branch then = branch.copy().with(Literal.of(schema.at("if")));
        if (schema.has("then")) {
            then.with(Literal.of(schema.at("then")));
        }
        Branch otherwise = branch.copy().with(Literal.not(schema.at("if")));
        if (schema.has("else")) {
            otherwise.with(Literal.of(schema.at("else")));
        }
        return List.of(then, otherwise);
    }

    private static List<Branch> broken(Part schema, Branch branch, Type type) {
        if (schema.json().isBoolean()) {
            return schema.json().booleanValue() ? List.of() : List.of(branch);
        }
        if (schema.has("type") && !type.isIn(schema.get("type"))) {
            return List.of(branch);
        }
        List<Branch> ways = new ArrayList<>(branch.room().refuse(schema, branch));
        if (schema.has("enum")) {
            Branch way = branch.copy();
            schema.get("enum").forEach(value -> way.exclude(new Value(value)));
            ways.add(way);
        }
        if (schema.has("const")) {
            ways.add(branch.copy().exclude(new Value(schema.get("const"))));
        }
        schema.list("allOf").forEach(part -> ways.add(branch.copy().with(Literal.not(part))));
        if (schema.has("not")) {
            ways.add(branch.copy().with(Literal.of(schema.at("not"))));
        }
        if (schema.has("$ref")) {
            ways.add(branch.copy().with(Literal.not(schema.target())));
        }
        if (schema.has("$dynamicRef")) {
            ways.add(branch.copy()
                    .opaque("$dynamicRef", schema.get("$dynamicRef").asText(), false));
        }
        if (schema.has("anyOf")) {
            ways.add(none(schema.list("anyOf"), branch));
        }
        if (schema.has("oneOf")) {
            ways.add(none(schema.list("oneOf"), branch));
            ways.addAll(two(schema.list("oneOf"), branch));
        }
        if (schema.has("if")) {
            ways.addAll(brokenConditional(schema, branch));
        }
        return ways;
    }

    private static Branch none(List<Part> parts, Branch branch) {
        Branch way = branch.copy();
        parts.forEach(part -> way.with(Literal.not(part)));
        return way;
    }

    private static List<Branch> two(List<Part> parts, Branch branch) {
        List<Branch> ways = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            for (int j = i + 1; j < parts.size(); j++) {
                ways.add(branch.copy().with(Literal.of(parts.get(i))).with(Literal.of(parts.get(j))));
            }
        }
        return ways;
    }

    private static List<Branch> brokenConditional(Part schema, Branch branch) {
        List<Branch> ways = new ArrayList<>();
        if (schema.has("then")) {
            ways.add(branch.copy().with(Literal.of(schema.at("if"))).with(Literal.not(schema.at("then"))));
        }
        if (schema.has("else")) {
            ways.add(branch.copy().with(Literal.not(schema.at("if"))).with(Literal.not(schema.at("else"))));
        }
        return ways;
    }
}
