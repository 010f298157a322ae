package dev.tidemark.bench;

import java.util.List;

/**
 * How latency is measured.
 *
 * @param rates events per second
 * @param warmUpSeconds whose events do not count
 * @param seconds whose events count
 * @param seed of the moments at which events are due
 */
record LatencyOptions(List<Integer> rates, int warmUpSeconds, int seconds, long seed) {

    LatencyOptions {
        rates = List.copyOf(rates);
    }

    /** One transaction for each event, payloads of 200 bytes, 10,000 aggregates. */
    Workload workload(int rate) {
        return new Workload(rate * (warmUpSeconds + seconds) - 1, 1, 200, 10_000, seed);
    }
}
