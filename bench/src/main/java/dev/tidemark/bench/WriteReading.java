package dev.tidemark.bench;

/**
 * What one round of writing took in one mode.
 *
 * @param perSecond transactions per second of several connections that wait for the disk
 * @param p99Millis the 99th percentile of theirs
 * @param micros of a transaction of one connection that does not wait for the disk
 * @param walBytes of such a transaction
 * @param statements of each, beside the business row, begin and commit
 */
record WriteReading(
        WriteMode mode,
        int round,
        double perSecond,
        double p50Millis,
        double p99Millis,
        double micros,
        double walBytes,
        double statements) {}
