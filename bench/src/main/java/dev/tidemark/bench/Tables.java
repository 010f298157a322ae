package dev.tidemark.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Readings as Markdown, and as lines for whoever watches. */
final class Tables {

    private static final String VOID = "**VOID**";

    private Tables() {}

    /** One reading in one line. */
    static String line(Reading reading) {
        String figures = reading.counts()
                ? String.format(
                        Locale.ROOT,
                        "%s events/s, CPU %s s/M, server %s s/M, %d MiB",
                        Spread.shown(reading.eventsPerSecond()),
                        Spread.shown(reading.cpuPerMillion()),
                        Spread.shown(reading.serverCpuPerMillion()),
                        reading.peakMebibytes())
                : "VOID " + reading.complaint();
        return "  round " + reading.round() + "  " + reading.system().name() + "  " + figures + "  ["
                + reading.verdict().text() + "]";
    }

    /** A table with a row for each system, in the order of {@code systems}. */
    static String drain(List<Contender> systems, List<Reading> readings) {
        StringBuilder table = new StringBuilder("""
                | | system | events/s | to A | 2nd half, events/s | CPU s per million | 2nd half | walsender | peak RSS, MiB | missing, inversions, duplicates |
                |---|---|---|---|---|---|---|---|---|---|
                """);
        for (Contender system : systems) {
            List<Reading> own =
                    readings.stream().filter(one -> one.system().equals(system)).toList();
            table.append(row(system, own, readings)).append('\n');
        }
        return table.toString();
    }

    private static String row(Contender system, List<Reading> own, List<Reading> all) {
        String head = "| " + system.name() + " | " + system.description() + " | ";
        String checks = own.stream().mapToLong(one -> one.verdict().missing()).sum() + ", "
                + own.stream().mapToLong(one -> one.verdict().inversions()).sum() + ", "
                + own.stream().mapToLong(one -> one.verdict().duplicates()).sum();
        if (!own.stream().allMatch(Reading::counts)) {
            return head + String.join(" | ", List.of(VOID, VOID, VOID, VOID, VOID, VOID, VOID, checks)) + " |";
        }
        String gate = system.kind() == Contender.Kind.RECVLOGICAL ? "all decoded" : checks;
        return head
                + String.join(
                        " | ",
                        List.of(
                                spread(own, Reading::eventsPerSecond),
                                ratio(own, all),
                                spread(own, Reading::secondHalf),
                                spread(own, Reading::cpuPerMillion),
                                spread(own, Reading::secondHalfCpuPerMillion),
                                spread(own, Reading::serverCpuPerMillion),
                                spread(own, one -> one.peakMebibytes() == 0 ? Double.NaN : one.peakMebibytes()),
                                gate))
                + " |";
    }

    private static String spread(List<Reading> own, ToDoubleFunction<Reading> figure) {
        return Spread.of(own.stream().mapToDouble(figure)).text();
    }

    /** Of the same round: what disturbs the machine disturbs both. */
    private static String ratio(List<Reading> own, List<Reading> all) {
        return Spread.of(own.stream()
                        .mapToDouble(one -> all.stream()
                                .filter(other -> other.round() == one.round() && other.counts())
                                .filter(other -> other.system().equals(Contender.CEILING))
                                .mapToDouble(other -> one.eventsPerSecond() / other.eventsPerSecond())
                                .findFirst()
                                .orElse(Double.NaN)))
                .text();
    }
}
