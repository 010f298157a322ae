package dev.tidemark.bench;

import org.HdrHistogram.Histogram;

/**
 * How late events came at one rate.
 *
 * @param histogram in microseconds, from the commit's return to the sink having the event
 * @param cpuPerMillion seconds of CPU of the process for a million events
 * @param idleCores cores that the process used while nothing was written
 * @param mostLateMicros by how much the writer was late at most: what it is corrected for
 * @param complaint why it did not finish; empty if it did
 */
record LatencyReading(
        Contender system,
        int rate,
        Histogram histogram,
        double cpuPerMillion,
        double idleCores,
        long mostLateMicros,
        Gate.Verdict verdict,
        String complaint) {

    boolean counts() {
        return verdict.holds() && complaint.isEmpty();
    }

    /** In milliseconds. */
    double percentile(double percent) {
        return histogram.getValueAtPercentile(percent) / 1000.0;
    }
}
