package dev.tidemark.testkit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a {@link HistoryChecker} found. Every list names its events, with the subscriber; all of them are empty
 * if nothing is wrong.
 *
 * @param written how many events were committed
 * @param delivered how many different events were delivered, counted for each subscriber
 * @param duplicates how many deliveries were not the first of their event; normal after a crash, within bounds
 *     that the caller knows
 * @param lost committed, and not delivered to a subscriber that wants them
 * @param reordered delivered for the first time after a newer event of their aggregate, or last before one
 * @param rolledBack delivered or effective, though never committed
 * @param unexpected delivered, though nobody wrote them or the subscriber does not want them
 * @param effectsTwice effective more than once
 * @param withoutEffect delivered and never effective, at subscribers that tell of effects at all
 * @param versions gaps and doubles in the versions that the writers were given
 * @param unresolved of unknown outcome still, so that nothing can be said of them
 */
public record Report(
        long written,
        long delivered,
        long duplicates,
        List<String> lost,
        List<String> reordered,
        List<String> rolledBack,
        List<String> unexpected,
        List<String> effectsTwice,
        List<String> withoutEffect,
        List<String> versions,
        List<String> unresolved) {

    private static final int NAMED = 20;

    /** No event was lost, reordered, doubled in its effect, or should not have been; duplicates are not counted. */
    public boolean isClean() {
        return problems().values().stream().allMatch(List::isEmpty);
    }

    /** {@code written=3000 delivered=3000 lost=0 reordered=0 duplicates=41 effects-twice=0}. */
    public String summary() {
        return "written=" + written + " delivered=" + delivered + " lost=" + lost.size() + " reordered="
                + reordered.size() + " duplicates=" + duplicates + " effects-twice=" + effectsTwice.size();
    }

    /** The summary, and below it the first events of each kind of problem. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(summary());
        problems().forEach((kind, events) -> {
            if (!events.isEmpty()) {
                text.append('\n')
                        .append(kind)
                        .append(", ")
                        .append(events.size())
                        .append(':');
                events.stream()
                        .limit(NAMED)
                        .forEach(event -> text.append("\n  - ").append(event));
                if (events.size() > NAMED) {
                    text.append("\n  - and ").append(events.size() - NAMED).append(" more");
                }
            }
        });
        return text.toString();
    }

    private Map<String, List<String>> problems() {
        Map<String, List<String>> problems = new LinkedHashMap<>();
        problems.put("lost", lost);
        problems.put("reordered", reordered);
        problems.put("never committed", rolledBack);
        problems.put("unexpected", unexpected);
        problems.put("effective twice", effectsTwice);
        problems.put("without effect", withoutEffect);
        problems.put("versions not 1, 2, 3 …", versions);
        problems.put("of unknown outcome", unresolved);
        return problems;
    }

    /** Collects what is found; for one thread. */
    static final class Findings {

        final List<String> lost = new ArrayList<>();
        final List<String> reordered = new ArrayList<>();
        final List<String> rolledBack = new ArrayList<>();
        final List<String> unexpected = new ArrayList<>();
        final List<String> effectsTwice = new ArrayList<>();
        final List<String> withoutEffect = new ArrayList<>();
        final List<String> versions = new ArrayList<>();
        final List<String> unresolved = new ArrayList<>();
        long deliveries;
        long duplicates;

        Report report(long written) {
            return new Report(
                    written,
                    deliveries,
                    duplicates,
                    List.copyOf(lost),
                    List.copyOf(reordered),
                    List.copyOf(rolledBack),
                    List.copyOf(unexpected),
                    List.copyOf(effectsTwice),
                    List.copyOf(withoutEffect),
                    List.copyOf(versions),
                    List.copyOf(unresolved));
        }
    }
}
