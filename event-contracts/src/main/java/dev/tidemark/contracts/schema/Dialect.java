package dev.tidemark.contracts.schema;

import com.networknt.schema.SpecificationVersion;
import java.util.Set;
import java.util.TreeSet;

/** The versions of JSON Schema that are understood, each with its keywords. */
enum Dialect {
    DRAFT_2020_12(
            "https://json-schema.org/draft/2020-12/schema",
            SpecificationVersion.DRAFT_2020_12,
            Set.of(
                    "$anchor",
                    "$defs",
                    "$vocabulary",
                    "$dynamicRef",
                    "$dynamicAnchor",
                    "dependentRequired",
                    "dependentSchemas",
                    "prefixItems",
                    "minContains",
                    "maxContains",
                    "unevaluatedItems",
                    "unevaluatedProperties",
                    "contentSchema",
                    "deprecated")),
    DRAFT_07(
            "http://json-schema.org/draft-07/schema",
            SpecificationVersion.DRAFT_7,
            Set.of("definitions", "dependencies", "additionalItems"));

    /** Say nothing about whether a document is valid. */
    static final Set<String> ANNOTATIONS = Set.of(
            "$schema",
            "$id",
            "$comment",
            "$anchor",
            "$vocabulary",
            "$defs",
            "definitions",
            "title",
            "description",
            "default",
            "examples",
            "deprecated",
            "readOnly",
            "writeOnly",
            "contentEncoding",
            "contentMediaType",
            "contentSchema");

    private static final Set<String> SHARED = Set.of(
            "$schema",
            "$id",
            "$comment",
            "$ref",
            "title",
            "description",
            "default",
            "examples",
            "readOnly",
            "writeOnly",
            "contentEncoding",
            "contentMediaType",
            "type",
            "enum",
            "const",
            "allOf",
            "anyOf",
            "oneOf",
            "not",
            "if",
            "then",
            "else",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "minLength",
            "maxLength",
            "pattern",
            "format",
            "items",
            "contains",
            "minItems",
            "maxItems",
            "uniqueItems",
            "properties",
            "patternProperties",
            "additionalProperties",
            "propertyNames",
            "required",
            "minProperties",
            "maxProperties");

    private final String id;
    private final SpecificationVersion version;

    @SuppressWarnings("ImmutableEnumChecker") // nobody changes it
    private final Set<String> keywords;

    Dialect(String id, SpecificationVersion version, Set<String> own) {
        this.id = id;
        this.version = version;
        this.keywords = new TreeSet<>(own);
    }

    /** As {@code $schema} has it, without the empty fragment that draft-07 ends in. */
    String id() {
        return id;
    }

    SpecificationVersion version() {
        return version;
    }

    boolean knows(String keyword) {
        return SHARED.contains(keyword) || keywords.contains(keyword);
    }

    Set<String> keywords() {
        Set<String> all = new TreeSet<>(SHARED);
        all.addAll(keywords);
        return all;
    }
}
