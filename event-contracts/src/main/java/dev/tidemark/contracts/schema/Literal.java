package dev.tidemark.contracts.schema;

/**
 * Something a value must do.
 *
 * @param holds whether it must be valid under the part, or must not
 */
record Literal(Part part, boolean holds) {

    static Literal of(Part part) {
        return new Literal(part, true);
    }

    static Literal not(Part part) {
        return new Literal(part, false);
    }

    Literal negated() {
        return new Literal(part, !holds);
    }
}
