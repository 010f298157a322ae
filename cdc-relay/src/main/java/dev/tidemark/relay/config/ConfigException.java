package dev.tidemark.relay.config;

import java.util.List;
import java.util.stream.Collectors;

/** A configuration that cannot be used, with everything that is wrong with it. No secret is in its message. */
public final class ConfigException extends IllegalArgumentException {

    private final transient List<Problem> problems;

    /**
     * @param where what has the problems, such as {@code relay.yaml}
     * @param problems not empty
     */
    public ConfigException(String where, List<Problem> problems) {
        super(message(where, problems));
        this.problems = List.copyOf(problems);
    }

    public List<Problem> problems() {
        return problems;
    }

    private static String message(String where, List<Problem> problems) {
        String count = problems.size() == 1 ? "1 problem" : problems.size() + " problems";
        return problems.stream()
                .map(problem -> "\n  - " + problem)
                .collect(Collectors.joining("", count + " in " + where + ":", ""));
    }
}
