package dev.tidemark.torture;

import dev.tidemark.testkit.PostgresServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongFunction;
import java.util.stream.Stream;

/**
 * Run after run, as many at once as is wanted, each over a server that no other uses meanwhile; a line for each as it
 * ends, and a summary.
 */
final class Torture {

    private static final long ENDS_WITHIN_MINUTES = 2;

    private final TortureOptions options;
    private final PrintWriter out;
    private final LongFunction<String> repetition;
    private final AtomicInteger begun = new AtomicInteger();
    private final Totals totals = new Totals(); // guarded by this, as is the next
    private final List<Long> failed = new ArrayList<>();

    /** @param repetition the command that repeats the run of a seed */
    Torture(TortureOptions options, PrintWriter out, LongFunction<String> repetition) {
        this.options = options;
        this.out = out;
        this.repetition = repetition;
    }

    /** Returns how many runs failed. */
    int run() throws InterruptedException {
        int atOnce = Math.min(options.atOnce(), options.seeds());
        Callable<Void> work = this::runWhatIsLeft;
        ExecutorService threads = Executors.newFixedThreadPool(atOnce);
        try {
            for (Future<Void> ended : threads.invokeAll(Collections.nCopies(atOnce, work))) {
                ended.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("not every seed was run: " + e.getCause(), e);
        } finally {
            threads.shutdownNow();
            threads.awaitTermination(ENDS_WITHIN_MINUTES, TimeUnit.MINUTES); // servers are closed
        }
        return summarize();
    }

    private synchronized int summarize() {
        failed.sort(Comparator.naturalOrder());
        out.println(totals.summary(options.seeds(), failed));
        out.flush();
        return failed.size();
    }

    private Void runWhatIsLeft() throws IOException, InterruptedException {
        PostgresServer server = start();
        try {
            for (int next = begun.getAndIncrement(); next < options.seeds(); next = begun.getAndIncrement()) {
                if (!runOnce(options.first() + next, server)) {
                    server.close(); // nobody knows what a failed run has left of it
                    server = start();
                }
            }
        } finally {
            server.close();
        }
        return null;
    }

    private PostgresServer start() {
        return PostgresServer.builder().majorVersion(options.postgres()).start();
    }

    private boolean runOnce(long seed, PostgresServer server) throws IOException, InterruptedException {
        Path folder = Files.createDirectories(options.logs().resolve("seed-" + seed));
        Verdict verdict;
        try {
            verdict = new TortureRun(options.run(), seed).run(server, folder);
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            noteFailure(seed, "seed=" + seed + " FAILED: " + e, folder);
            return false;
        }
        note(verdict);
        if (!verdict.passed()) {
            noteFailure(seed, verdict + "\n" + verdict.complaints(), folder);
            return false;
        }
        delete(folder);
        return true;
    }

    private synchronized void note(Verdict verdict) {
        totals.add(verdict);
        if (verdict.passed()) {
            out.println(verdict);
            out.flush();
        }
    }

    private synchronized void noteFailure(long seed, String what, Path folder) {
        failed.add(seed);
        out.println(what + "\n  logs: " + folder + "\n  again: " + repetition.apply(seed));
        out.flush();
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
}
