package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.StreamSupport;

/** Whether one value satisfies part of a schema. The search needs it for values that are given, as by enum. */
final class Evaluation {

    private static final int DEEPEST = 200;

    private int depth;

    Truth satisfies(JsonNode value, Literal literal) {
        Truth valid = valid(value, literal.part());
        return literal.holds() ? valid : valid.negated();
    }

    Truth valid(JsonNode value, Part schema) {
        if (schema.json().isBoolean()) {
            return Truth.of(schema.json().booleanValue());
        }
        if (depth > DEEPEST) {
            return Truth.UNSURE;
        }
        depth++;
        try {
            return shape(value, schema)
                    .and(() -> combined(value, schema))
                    .and(() -> value.isObject() ? object(value, schema) : Truth.YES)
                    .and(() -> value.isArray() ? array(value, schema) : Truth.YES);
        } finally {
            depth--;
        }
    }

    private static Truth shape(JsonNode value, Part schema) {
        Truth plain = Truth.of((!schema.has("type") || Type.allows(schema.get("type"), value))
                && (!schema.has("enum") || contains(schema.get("enum"), value))
                && (!schema.has("const") || new Value(schema.get("const")).equals(new Value(value)))
                && (!value.isNumber() || number(value.decimalValue(), schema)));
        return value.isTextual() ? plain.and(() -> text(value.textValue(), schema)) : plain;
    }

    static boolean contains(JsonNode values, JsonNode value) {
        Value wanted = new Value(value);
        return StreamSupport.stream(values.spliterator(), false).anyMatch(each -> new Value(each).equals(wanted));
    }

    private static boolean number(BigDecimal value, Part schema) {
        return bound(schema, "minimum", value, (a, b) -> a.compareTo(b) >= 0)
                && bound(schema, "maximum", value, (a, b) -> a.compareTo(b) <= 0)
                && bound(schema, "exclusiveMinimum", value, (a, b) -> a.compareTo(b) > 0)
                && bound(schema, "exclusiveMaximum", value, (a, b) -> a.compareTo(b) < 0)
                && bound(schema, "multipleOf", value, (a, b) -> a.remainder(b).signum() == 0);
    }

    private static boolean bound(
            Part schema, String keyword, BigDecimal value, BiPredicate<BigDecimal, BigDecimal> keeps) {
        return !schema.has(keyword) || keeps.test(value, schema.get(keyword).decimalValue());
    }

    private static Truth text(String value, Part schema) {
        boolean fits = within(schema, "minLength", "maxLength", Json.length(value));
        return Truth.of(fits)
                .and(() -> schema.has("pattern")
                        ? Regex.of(schema.get("pattern").asText()).matches(value)
                        : Truth.YES)
                .and(() -> schema.has("format")
                        ? Formats.matches(schema.get("format").asText(), value)
                        : Truth.YES);
    }

    private static boolean within(Part schema, String least, String most, int size) {
        return bound(schema, least, BigDecimal.valueOf(size), (a, b) -> a.compareTo(b) >= 0)
                && bound(schema, most, BigDecimal.valueOf(size), (a, b) -> a.compareTo(b) <= 0);
    }

    private Truth combined(JsonNode value, Part schema) {
        Truth truth = all(value, schema.list("allOf"));
        if (schema.has("anyOf")) {
            truth = truth.and(() -> any(value, schema.list("anyOf")));
        }
        if (schema.has("oneOf")) {
            truth = truth.and(() -> one(value, schema.list("oneOf")));
        }
        if (schema.has("not")) {
            truth = truth.and(() -> valid(value, schema.at("not")).negated());
        }
        if (schema.has("$ref")) {
            truth = truth.and(() -> valid(value, schema.target()));
        }
        if (schema.has("$dynamicRef")) {
            truth = truth.and(() -> Truth.UNSURE);
        }
        return schema.has("if") ? truth.and(() -> conditional(value, schema)) : truth;
    }

    private Truth all(JsonNode value, List<Part> parts) {
        Truth truth = Truth.YES;
        for (Part part : parts) {
            truth = truth.and(() -> valid(value, part));
        }
        return truth;
    }

    private Truth any(JsonNode value, List<Part> parts) {
        Truth truth = Truth.NO;
        for (Part part : parts) {
            truth = truth.or(() -> valid(value, part));
        }
        return truth;
    }

    private Truth one(JsonNode value, List<Part> parts) {
        List<Truth> truths = parts.stream().map(part -> valid(value, part)).toList();
        long sure = truths.stream().filter(Truth.YES::equals).count();
        boolean unsure = truths.contains(Truth.UNSURE);
        return sure > 1 ? Truth.NO : unsure ? Truth.UNSURE : Truth.of(sure == 1);
    }

    private Truth conditional(JsonNode value, Part schema) {
        Truth condition = valid(value, schema.at("if"));
        Truth then = schema.has("then") ? valid(value, schema.at("then")) : Truth.YES;
        Truth otherwise = schema.has("else") ? valid(value, schema.at("else")) : Truth.YES;
        return condition.negated().or(() -> then).and(() -> condition.or(() -> otherwise));
    }

    private Truth object(JsonNode value, Part schema) {
        Truth truth = Truth.of(within(schema, "minProperties", "maxProperties", value.size())
                && schema.texts("required").stream().allMatch(value::has));
        Map<String, Part> properties = schema.map("properties");
        Map<String, Part> patterns = schema.map("patternProperties");
        Part additional = schema.additional();
        for (Map.Entry<String, JsonNode> field : value.properties()) {
            String name = field.getKey();
            JsonNode inner = field.getValue();
            Truth known = Truth.of(properties.containsKey(name));
            if (properties.containsKey(name)) {
                truth = truth.and(() -> valid(inner, properties.get(name)));
            }
            for (Map.Entry<String, Part> pattern : patterns.entrySet()) {
                Truth matches = Regex.of(pattern.getKey()).matches(name);
                truth = truth.and(() -> matches.negated().or(() -> valid(inner, pattern.getValue())));
                known = known.or(() -> matches);
            }
            Truth covered = known;
            if (additional != null) {
                truth = truth.and(() -> covered.or(() -> valid(inner, additional)));
            }
            if (schema.has("propertyNames")) {
                JsonNode text = TextNode.valueOf(name);
                truth = truth.and(() -> valid(text, schema.at("propertyNames")));
            }
        }
        return truth.and(() -> dependencies(value, schema))
                .and(() -> schema.isOpaqueProperties() ? Truth.UNSURE : Truth.YES);
    }

    private Truth dependencies(JsonNode value, Part schema) {
        Truth truth = Truth.YES;
        for (Dependency dependency : Dependency.of(schema)) {
            if (value.has(dependency.name())) {
                truth = truth.and(() -> Truth.of(dependency.required().stream().allMatch(value::has)));
                Part then = dependency.schema();
                truth = then == null ? truth : truth.and(() -> valid(value, then));
            }
        }
        return truth;
    }

    private Truth array(JsonNode value, Part schema) {
        Truth truth = Truth.of(within(schema, "minItems", "maxItems", value.size())
                && (!schema.get("uniqueItems").asBoolean() || areUnique(value)));
        List<Part> prefix = schema.prefix();
        Part tail = schema.tail();
        for (int i = 0; i < value.size(); i++) {
            JsonNode item = value.get(i);
            Part part = i < prefix.size() ? prefix.get(i) : tail;
            truth = part == null ? truth : truth.and(() -> valid(item, part));
        }
        if (schema.has("contains")) {
            truth = truth.and(() -> contains(value, schema));
        }
        return truth.and(() -> schema.isOpaqueItems() ? Truth.UNSURE : Truth.YES);
    }

    private static boolean areUnique(JsonNode array) {
        Set<Value> values = new HashSet<>();
        for (JsonNode item : array) {
            if (!values.add(new Value(item))) {
                return false;
            }
        }
        return true;
    }

    private Truth contains(JsonNode array, Part schema) {
        Part wanted = schema.at("contains");
        List<Truth> truths = StreamSupport.stream(array.spliterator(), false)
                .map(item -> valid(item, wanted))
                .toList();
        long sure = truths.stream().filter(Truth.YES::equals).count();
        long possible = truths.stream().filter(truth -> truth != Truth.NO).count();
        long least = schema.get("minContains").asLong(1);
        long most = schema.get("maxContains").asLong(Long.MAX_VALUE);
        if (possible < least || sure > most) {
            return Truth.NO;
        }
        return sure >= least && possible <= most ? Truth.YES : Truth.UNSURE;
    }
}
