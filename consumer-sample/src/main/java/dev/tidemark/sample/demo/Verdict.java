package dev.tidemark.sample.demo;

import dev.tidemark.testkit.Report;
import java.util.List;

/**
 * What a run came to. Lists name what is wrong, a line for each; empty is good.
 *
 * @param report on events: lost, out of order, with an effect more than once
 * @param duplicatesBound how many duplicates are allowed
 * @param differences between users and their replica
 * @param sagas orders that did not end, and stock that does not add up
 * @param others whatever else makes the run void
 */
record Verdict(Report report, long duplicatesBound, List<String> differences, List<String> sagas, List<String> others) {

    private static final int SHOWN = 20;

    boolean passed() {
        return report.isClean()
                && report.duplicates() <= duplicatesBound
                && differences.isEmpty()
                && sagas.isEmpty()
                && others.isEmpty();
    }

    /** All that is wrong, for people. */
    String complaints() {
        StringBuilder text = new StringBuilder(report.isClean() ? "" : report + "\n");
        list(text, "different in the replica", differences);
        list(text, "wrong in the sagas", sagas);
        list(text, "wrong with the run", others);
        if (report.duplicates() > duplicatesBound) {
            text.append("too many duplicates: ").append(report.duplicates());
            text.append(", of at most ").append(duplicatesBound).append('\n');
        }
        return text.toString().stripTrailing();
    }

    private static void list(StringBuilder text, String what, List<String> wrong) {
        if (!wrong.isEmpty()) {
            text.append(what).append(", ").append(wrong.size()).append(":\n");
            wrong.stream()
                    .limit(SHOWN)
                    .forEach(line -> text.append("  - ").append(line).append('\n'));
            if (wrong.size() > SHOWN) {
                text.append("  - and ").append(wrong.size() - SHOWN).append(" more\n");
            }
        }
    }

    /** The last line of the output. */
    @Override
    public String toString() {
        return report.summary() + " replicas=" + (differences.isEmpty() ? "equal" : "unequal");
    }
}
