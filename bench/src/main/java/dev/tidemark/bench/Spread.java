package dev.tidemark.bench;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * Figures of several rounds.
 *
 * @param median {@link Double#NaN} if there are none
 */
record Spread(double median, double least, double most) {

    static Spread of(DoubleStream figures) {
        double[] sorted =
                figures.filter(figure -> !Double.isNaN(figure)).sorted().toArray();
        if (sorted.length == 0) {
            return new Spread(Double.NaN, Double.NaN, Double.NaN);
        }
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], Arrays.stream(sorted).max().orElse(Double.NaN));
    }

    /** Such as {@code 55.1k (53.0k–56.2k)}. */
    String text() {
        return Double.isNaN(median) ? "–" : shown(median) + " (" + shown(least) + "–" + shown(most) + ")";
    }

    /** With three digits. */
    static String shown(double figure) {
        if (Double.isNaN(figure)) {
            return "–";
        }
        if (figure >= 10_000) {
            return String.format(Locale.ROOT, "%.1fk", figure / 1000);
        }
        String form = figure >= 100 ? "%.0f" : figure >= 10 ? "%.1f" : "%.2f";
        return String.format(Locale.ROOT, form, figure);
    }
}
