package dev.tidemark.contracts.schema;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/** What a value is looked for that does all of it, and is none of the excluded ones. */
record Goal(Set<Literal> literals, Set<Value> excluded) {

    static Goal of(Collection<Literal> literals) {
        return new Goal(new LinkedHashSet<>(literals), Set.of());
    }

    Goal without(Set<Value> values) {
        return new Goal(literals, values);
    }

    /** Whether something is demanded and forbidden at once, so that nobody needs to look. */
    boolean contradictsItself() {
        return literals.stream()
                .anyMatch(
                        literal -> literal.part().isBoolean(!literal.holds()) || literals.contains(literal.negated()));
    }
}
