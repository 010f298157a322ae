package dev.tidemark.bench;

import java.nio.file.Path;
import java.util.List;

/**
 * What is measured, and how.
 *
 * @param named whether somebody asked for these systems, so that none may be left out
 * @param measures of {@link BenchCommand#MEASURES}
 * @param latency how latency is measured
 * @param jvm options of the processes that are measured
 * @param home the checkout
 * @param results folder for the file with the tables
 * @param command as it was given, to be repeated
 */
record BenchOptions(
        int rounds,
        List<Contender> systems,
        boolean named,
        List<Workload> workloads,
        List<String> measures,
        LatencyOptions latency,
        List<String> jvm,
        Path home,
        Path results,
        String command) {

    BenchOptions {
        systems = List.copyOf(systems);
        workloads = List.copyOf(workloads);
        measures = List.copyOf(measures);
        jvm = List.copyOf(jvm);
    }
}
