package dev.tidemark.bench;

/**
 * One drain of one backlog by one system. What is not known is {@link Double#NaN}.
 *
 * @param eventsPerSecond from the moment the server begins to send to the last arrival
 * @param secondHalf the same, of the second half of the events only: without what a JVM needs to become warm
 * @param cpuPerMillion seconds of CPU of the process for a million events, since the server began to send
 * @param secondHalfCpuPerMillion the same, of the second half only
 * @param serverCpuPerMillion seconds of CPU of the process of the server that sends
 * @param peakMebibytes the most memory that the process had
 * @param verdict whether the figures count
 * @param complaint why it did not finish; empty if it did
 */
record Reading(
        Contender system,
        int round,
        double eventsPerSecond,
        double secondHalf,
        double cpuPerMillion,
        double secondHalfCpuPerMillion,
        double serverCpuPerMillion,
        long peakMebibytes,
        Gate.Verdict verdict,
        String complaint) {

    /** One that did not finish. */
    static Reading unfinished(Contender system, int round, Gate.Verdict verdict, String complaint) {
        return new Reading(
                system, round, Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, 0, verdict, complaint);
    }

    /** With what another gate says. */
    Reading with(Gate.Verdict other) {
        return new Reading(
                system,
                round,
                eventsPerSecond,
                secondHalf,
                cpuPerMillion,
                secondHalfCpuPerMillion,
                serverCpuPerMillion,
                peakMebibytes,
                other,
                complaint);
    }

    boolean counts() {
        return verdict.holds() && complaint.isEmpty() && !Double.isNaN(eventsPerSecond);
    }
}
