package dev.tidemark.contracts.schema;

import java.util.List;

/** A file that is no schema, or none that is understood here. */
public final class SchemaException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final transient List<String> problems;

    SchemaException(String name, List<String> problems) {
        super(name + ": " + String.join("; ", problems));
        this.problems = List.copyOf(problems);
    }

    /** Each with its place in the file; without the name of the file. */
    public List<String> problems() {
        return problems;
    }
}
