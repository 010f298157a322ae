package dev.tidemark.torture;

import dev.tidemark.testkit.PostgresServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.Stream;

/** Run after run over one server, a line for each, and a summary. For one thread. */
final class Torture implements AutoCloseable {

    private final TortureOptions options;
    private final PrintWriter out;
    private final LongFunction<String> repetition;
    private PostgresServer server;

    /** @param repetition the command that repeats the run of a seed */
    Torture(TortureOptions options, PrintWriter out, LongFunction<String> repetition) {
        this.options = options;
        this.out = out;
        this.repetition = repetition;
        this.server = start();
    }

    private PostgresServer start() {
        return PostgresServer.builder().majorVersion(options.postgres()).start();
    }

    /** Returns how many runs failed. */
    int run() throws IOException, InterruptedException {
        List<Long> failed = new ArrayList<>();
        Totals totals = new Totals();
        for (int i = 0; i < options.seeds(); i++) {
            long seed = options.first() + i;
            if (!runOnce(seed, totals)) {
                failed.add(seed);
            }
        }
        out.println(totals.summary(options.seeds(), failed));
        out.flush();
        return failed.size();
    }

    private boolean runOnce(long seed, Totals totals) throws IOException, InterruptedException {
        Path folder = Files.createDirectories(options.logs().resolve("seed-" + seed));
        boolean passed = false;
        try {
            Verdict verdict = new TortureRun(options.run(), seed).run(server, folder);
            totals.add(verdict);
            out.println(verdict);
            passed = verdict.passed();
            if (!passed) {
                out.println(verdict.complaints());
            }
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            out.println("seed=" + seed + " FAILED: " + e);
        }
        if (passed) {
            delete(folder);
        } else {
            out.println("  logs: " + folder + "\n  again: " + repetition.apply(seed));
            renew();
        }
        out.flush();
        return passed;
    }

    /** Nobody knows what a failed run has left of it. */
    private void renew() {
        server.close();
        server = start();
    }

    private static void delete(Path folder) throws IOException {
        List<Path> deepestFirst;
        try (Stream<Path> all = Files.walk(folder)) {
            deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path each : deepestFirst) {
            Files.delete(each);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
