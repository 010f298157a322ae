package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
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
        List<Splitting.Piece> pieces = Splitting.of(to);
        Map<String, Break> breaks = new LinkedHashMap<>();
        for (Splitting.Piece piece : pieces) {
            Set<Literal> broken = Set.of(Literal.of(from.root()), Literal.not(piece.part()));
            Outcome outcome = new Search().solve(Goal.of(broken));
            if (!outcome.isNone()) {
                Outcome alone = brokenAlone(broken, piece, pieces);
                Break found = explained(from, to, piece, alone.isFound() ? alone : outcome);
                breaks.putIfAbsent(found.why(), found);
            }
        }
        return List.copyOf(breaks.values());
    }

    /** A document that breaks nothing else is the better example. */
    private static Outcome brokenAlone(Set<Literal> broken, Splitting.Piece piece, List<Splitting.Piece> pieces) {
        Set<Literal> alone = new LinkedHashSet<>(broken);
        pieces.stream().filter(other -> !other.equals(piece)).forEach(other -> alone.add(Literal.of(other.part())));
        return new Search().solve(Goal.of(alone));
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
