package dev.tidemark.contracts.schema;

/** How many items an array must have that satisfy {@code contains}; {@code most} is the largest number if there is none. */
record Contained(Part what, long least, long most) {

    static Contained of(Part schema) {
        return new Contained(
                schema.at("contains"),
                schema.has("minContains") ? Count.of(schema.get("minContains")) : 1,
                schema.has("maxContains") ? Count.of(schema.get("maxContains")) : Long.MAX_VALUE);
    }
}
