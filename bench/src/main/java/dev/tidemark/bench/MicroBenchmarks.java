package dev.tidemark.bench;

import dev.tidemark.relay.capture.DecodeBenchmark;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** Runs JMH over the parts that each event passes through. */
final class MicroBenchmarks {

    private MicroBenchmarks() {}

    /**
     * A table in Markdown.
     *
     * @param jvm options of the forks
     * @param log what JMH says besides
     */
    static String run(List<String> jvm, Path log) throws RunnerException {
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .include(DecodeBenchmark.class.getName())
                        .include(AppendBenchmark.class.getName())
                        .jvmArgs(jvm.toArray(String[]::new))
                        .shouldFailOnError(true)
                        .output(log.toString())
                        .build())
                .run();
        StringBuilder table = new StringBuilder("| | payload, bytes | µs | ± |\n|---|---|---|---|\n");
        for (RunResult result : results) {
            Result<?> score = result.getPrimaryResult();
            String bytes = result.getParams().getParam("bytes");
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %s | %s | %s |%n",
                    score.getLabel(),
                    bytes == null ? "200" : bytes,
                    Spread.shown(score.getScore()),
                    Spread.shown(score.getScoreError())));
        }
        return table.toString();
    }
}
