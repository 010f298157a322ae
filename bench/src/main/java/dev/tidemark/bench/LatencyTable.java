package dev.tidemark.bench;

import java.util.List;
import java.util.Locale;

/** Latencies as Markdown, and as lines for whoever watches. */
final class LatencyTable {

    private LatencyTable() {}

    /** One reading in one line. */
    static String line(LatencyReading reading) {
        String figures = reading.counts()
                ? String.format(
                        Locale.ROOT,
                        "p50 %s p99 %s p99.9 %s ms, idle %.3f cores",
                        Spread.shown(reading.percentile(50)),
                        Spread.shown(reading.percentile(99)),
                        Spread.shown(reading.percentile(99.9)),
                        reading.idleCores())
                : "VOID " + reading.complaint();
        return "  " + reading.rate() + "/s  " + reading.system().name() + "  " + figures + "  ["
                + reading.verdict().text() + "]";
    }

    /** A table with a row for each reading. */
    static String of(List<LatencyReading> readings) {
        StringBuilder table = new StringBuilder("""
                | events/s | | system | p50, ms | p99, ms | p99.9, ms | most, ms | CPU s per million | cores idle | writer late by at most, ms | missing, inversions, duplicates |
                |---|---|---|---|---|---|---|---|---|---|---|
                """);
        for (LatencyReading reading : readings) {
            String head = "| " + reading.rate() + " | " + reading.system().name() + " | "
                    + reading.system().description() + " | ";
            Gate.Verdict verdict = reading.verdict();
            String checks = verdict.missing() + ", " + verdict.inversions() + ", " + verdict.duplicates() + " |\n";
            table.append(head)
                    .append(reading.counts() ? figures(reading) : "**VOID** | ".repeat(7))
                    .append(checks);
        }
        return table.toString();
    }

    private static String figures(LatencyReading reading) {
        return String.format(
                Locale.ROOT,
                "%s | %s | %s | %s | %s | %.3f | %s | ",
                Spread.shown(reading.percentile(50)),
                Spread.shown(reading.percentile(99)),
                Spread.shown(reading.percentile(99.9)),
                Spread.shown(reading.percentile(100)),
                Spread.shown(reading.cpuPerMillion()),
                reading.idleCores(),
                Spread.shown(reading.mostLateMicros() / 1000.0));
    }
}
