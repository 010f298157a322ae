package dev.tidemark.bench;

import java.util.List;
import java.util.Locale;

/** Percentiles of latency as SVG: to the right the rarer ones, upwards the later, both in powers of ten. */
final class LatencyPicture {

    private static final double[] PERCENTS = {0, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99};
    private static final double[] MARKS = {0, 90, 99, 99.9, 99.99};
    private static final List<String> COLOURS =
            List.of("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#e377c2");
    private static final List<String> DASHES = List.of("", "6 3", "2 3", "8 3 2 3");
    private static final int WIDTH = 760;
    private static final int HEIGHT = 420;
    private static final int LEFT = 70;
    private static final int TOP = 20;
    private static final int KEY = 220;
    private static final int BOTTOM = 50;
    private static final double LEAST_MILLIS = 0.01;
    private static final int DECADES = 6;

    private LatencyPicture() {}

    /** A line for each reading that counts; a colour for each system, a dash for each rate. */
    static String of(List<LatencyReading> readings) {
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\""
                        + " font-size=\"12\">%n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n",
                WIDTH,
                HEIGHT));
        axes(svg);
        List<String> systems =
                readings.stream().map(one -> one.system().name()).distinct().toList();
        List<Integer> rates =
                readings.stream().map(LatencyReading::rate).distinct().toList();
        int line = 0;
        for (LatencyReading reading :
                readings.stream().filter(LatencyReading::counts).toList()) {
            String colour = COLOURS.get(systems.indexOf(reading.system().name()) % COLOURS.size());
            String dash = DASHES.get(rates.indexOf(reading.rate()) % DASHES.size());
            svg.append(line(reading, colour, dash, line++));
        }
        return svg.append("</svg>\n").toString();
    }

    private static void axes(StringBuilder svg) {
        for (int decade = 0; decade <= DECADES; decade++) {
            double millis = LEAST_MILLIS * Math.pow(10, decade);
            svg.append(String.format(
                    Locale.ROOT,
                    "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s"
                            + " ms</text>%n",
                    LEFT,
                    y(millis),
                    WIDTH - KEY,
                    LEFT - 6,
                    y(millis) + 4,
                    millis < 1 ? Double.toString(millis) : Long.toString(Math.round(millis))));
        }
        for (double percent : MARKS) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<path d=\"M%.1f %dV%d\" stroke=\"#ddd\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s%%"
                            + "</text>%n",
                    x(percent),
                    TOP,
                    HEIGHT - BOTTOM,
                    x(percent),
                    HEIGHT - BOTTOM + 18,
                    percent == Math.rint(percent) ? Integer.toString((int) percent) : Double.toString(percent)));
        }
        svg.append(String.format(
                Locale.ROOT,
                "<text x=\"%d\" y=\"%d\">from the commit to the sink, by percentile</text>%n",
                LEFT,
                HEIGHT - 12));
    }

    private static String line(LatencyReading reading, String colour, String dash, int at) {
        StringBuilder points = new StringBuilder();
        for (double percent : PERCENTS) {
            points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(percent), y(reading.percentile(percent))));
        }
        int keyY = TOP + 10 + 18 * at;
        String stroke = "stroke=\"" + colour + "\" stroke-width=\"2\" stroke-dasharray=\"" + dash + "\"";
        return String.format(
                Locale.ROOT,
                "<polyline points=\"%s\" fill=\"none\" %s/>%n<path d=\"M%d %dh30\" %s/><text x=\"%d\" y=\"%d\">%s,"
                        + " %d/s</text>%n",
                points.toString().strip(),
                stroke,
                WIDTH - KEY + 15,
                keyY,
                stroke,
                WIDTH - KEY + 52,
                keyY + 4,
                reading.system().name(),
                reading.rate());
    }

    private static double x(double percent) {
        double nines = -Math.log10(1 - percent / 100);
        return LEFT + nines / 4 * (WIDTH - KEY - LEFT);
    }

    private static double y(double millis) {
        double decades = Math.log10(Math.max(millis, LEAST_MILLIS) / LEAST_MILLIS);
        return HEIGHT - BOTTOM - decades / DECADES * (HEIGHT - BOTTOM - TOP);
    }
}
