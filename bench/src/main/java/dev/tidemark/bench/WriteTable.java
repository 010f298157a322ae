package dev.tidemark.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** What writing costs as Markdown, and as lines for whoever watches. */
final class WriteTable {

    private WriteTable() {}

    /** One reading in one line. */
    static String line(WriteReading reading) {
        return String.format(
                Locale.ROOT,
                "  round %d  %s  %s tx/s, p99 %s ms; alone %s µs, %s bytes of WAL",
                reading.round(),
                reading.mode().description(),
                Spread.shown(reading.perSecond()),
                Spread.shown(reading.p99Millis()),
                Spread.shown(reading.micros()),
                Spread.shown(reading.walBytes()));
    }

    /** A table with a row for each mode. */
    static String of(List<WriteReading> readings) {
        StringBuilder table = new StringBuilder("""
                | | tx/s, waiting for the disk | to none | p50, ms | p99, ms | µs of a transaction, not waiting | added | WAL bytes of a transaction | added | statements of an append |
                |---|---|---|---|---|---|---|---|---|---|
                """);
        for (WriteMode mode : WriteMode.values()) {
            table.append("| ")
                    .append(mode.description())
                    .append(" | ")
                    .append(String.join(
                            " | ",
                            List.of(
                                    spread(mode, readings, WriteReading::perSecond),
                                    compared(mode, readings, (own, none) -> own.perSecond() / none.perSecond()),
                                    spread(mode, readings, WriteReading::p50Millis),
                                    spread(mode, readings, WriteReading::p99Millis),
                                    spread(mode, readings, WriteReading::micros),
                                    compared(mode, readings, (own, none) -> own.micros() - none.micros()),
                                    spread(mode, readings, WriteReading::walBytes),
                                    compared(mode, readings, (own, none) -> own.walBytes() - none.walBytes()),
                                    spread(mode, readings, WriteReading::statements))))
                    .append(" |\n");
        }
        return table.toString();
    }

    /** Sets one reading against that without an event of the same round. */
    private interface Comparison {
        double of(WriteReading own, WriteReading none);
    }

    private static String spread(WriteMode mode, List<WriteReading> all, ToDoubleFunction<WriteReading> figure) {
        return Spread.of(all.stream().filter(one -> one.mode() == mode).mapToDouble(figure))
                .text();
    }

    private static String compared(WriteMode mode, List<WriteReading> all, Comparison comparison) {
        return spread(
                mode,
                all,
                own -> all.stream()
                        .filter(one -> one.mode() == WriteMode.NONE && one.round() == own.round())
                        .mapToDouble(none -> comparison.of(own, none))
                        .findFirst()
                        .orElse(Double.NaN));
    }
}
