package dev.tidemark.contracts;

import java.util.List;

/** Contracts that cannot be read, with all that is wrong with them. */
public final class ContractsException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final transient List<String> problems;

    ContractsException(String where, List<String> problems) {
        super((problems.size() == 1 ? "1 problem" : problems.size() + " problems") + " in the contracts of " + where
                + ":\n  - " + String.join("\n  - ", problems));
        this.problems = List.copyOf(problems);
    }

    /** Each with its file. */
    public List<String> problems() {
        return problems;
    }
}
