package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/** The types of JSON. An integer is a number that is a multiple of 1. */
enum Type {
    OBJECT,
    STRING,
    NUMBER,
    ARRAY,
    BOOLEAN,
    NULL;

    static Type of(JsonNode value) {
        return switch (value.getNodeType()) {
            case OBJECT -> OBJECT;
            case STRING -> STRING;
            case NUMBER -> NUMBER;
            case ARRAY -> ARRAY;
            case BOOLEAN -> BOOLEAN;
            default -> NULL;
        };
    }

    /** Whether a {@code type}, which may be a list, has some value of this type. */
    boolean isIn(JsonNode type) {
        return names(type, toString()) || (this == NUMBER && names(type, "integer"));
    }

    /** Whether it has integers, but no other numbers. */
    static boolean isOnlyIntegers(JsonNode type) {
        return names(type, "integer") && !names(type, "number");
    }

    static boolean allows(JsonNode type, JsonNode value) {
        Type own = of(value);
        return names(type, own.toString()) || (own == NUMBER && names(type, "integer") && isInteger(value));
    }

    private static boolean isInteger(JsonNode value) {
        return value.decimalValue().signum() == 0
                || value.decimalValue().stripTrailingZeros().scale() <= 0;
    }

    private static boolean names(JsonNode type, String name) {
        if (type.isTextual()) {
            return type.textValue().equals(name);
        }
        for (JsonNode each : type) {
            if (each.asText().equals(name)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
