package dev.tidemark.torture;

import dev.tidemark.testkit.Report;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a run came to.
 *
 * @param injected the faults, each with the number of committed events at that time
 * @param report on events: lost, out of order, with an effect more than once
 * @param problems whatever else is wrong, a line for each
 * @param recovery from the last fault or commit until all was delivered
 */
record Verdict(long seed, List<String> injected, Report report, List<String> problems, Duration recovery) {

    private static final int SHOWN = 20;

    boolean passed() {
        return report.isClean() && problems.isEmpty();
    }

    /** All that is wrong, for people. */
    String complaints() {
        StringBuilder text = new StringBuilder(report.isClean() ? "" : report + "\n");
        problems.stream()
                .limit(SHOWN)
                .forEach(problem -> text.append("  - ").append(problem).append('\n'));
        if (problems.size() > SHOWN) {
            text.append("  - and ").append(problems.size() - SHOWN).append(" more\n");
        }
        return text.toString().stripTrailing();
    }

    /** One line. */
    @Override
    public String toString() {
        String faults = injected.isEmpty() ? "no fault" : injected.stream().collect(Collectors.joining(" "));
        return "seed=" + seed + " " + report.summary() + " recovery=" + recovery.toMillis() + "ms "
                + (passed() ? "ok" : "FAILED") + " (" + faults + ")";
    }
}
