package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whether one schema accepts all that another accepts. The answer is about documents, not about keywords: what was
 * rewritten and accepts the same is no difference, and every difference comes with a document that shows it.
 */
public final class Inclusion {

    private Inclusion() {}

    /**
     * Why not every document that {@code from} accepts is accepted by {@code to}; empty if every one is. What could not
     * be compared is a break too, one that is not proved.
     */
    public static List<Break> breaks(SchemaDocument from, SchemaDocument to) {
        if (from.saysTheSameAs(to)) {
            return List.of();
        }
        Map<String, Break> breaks = new LinkedHashMap<>();
        for (Splitting.Piece piece : Splitting.of(to)) {
            Goal goal = new Goal(Set.of(Literal.of(from.root()), Literal.not(piece.part())), Set.of());
            Outcome outcome = new Search().solve(goal);
            if (!outcome.isNone()) {
                Break found = explained(from, to, piece, outcome);
                breaks.putIfAbsent(found.why(), found);
            }
        }
        return List.copyOf(breaks.values());
    }

    /** The search's own word is not taken: the validator must accept the example, and refuse it. */
    private static Break explained(SchemaDocument from, SchemaDocument to, Splitting.Piece piece, Outcome outcome) {
        JsonNode example = outcome.value();
        String doubt = outcome.doubt();
        if (example != null
                && from.validation().accepts(example)
                && !to.validation().accepts(example)) {
            return new Break(piece.place(), String.join("; ", to.validation().problems(example)), Json.text(example));
        }
        return new Break(
                piece.place(),
                "this cannot be proved to accept all that was accepted: "
                        + (doubt == null ? "the validator sees it otherwise than the comparison" : doubt),
                null);
    }
}
