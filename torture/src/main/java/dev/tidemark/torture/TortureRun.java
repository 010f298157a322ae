package dev.tidemark.torture;

import dev.tidemark.testkit.PostgresServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** One run: a world, a workload, a schedule of faults, and what came of it. For one thread. */
final class TortureRun {

    private static final int WRITERS = 3;

    /** Events that may be committed and not delivered. */
    private static final int AHEAD = 300;

    /** Whatever stands still for so long will not move again. */
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private static final Duration LOOKS_EVERY = Duration.ofMillis(50);

    private final RunOptions options;
    private final long seed;
    private final Random random;
    private final List<String> injected = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    TortureRun(RunOptions options, long seed) {
        this.options = options;
        this.seed = seed;
        this.random = new Random(seed);
    }

    /**
     * Runs it to its end.
     *
     * @param server that is up, and is up again afterwards
     * @param folder for configuration and logs
     */
    Verdict run(PostgresServer server, Path folder) throws Exception {
        Schedule schedule = Schedule.draw(options.faults(), options.events(), random);
        return run(server, folder, schedule);
    }

    /** Runs it with faults that were chosen before. */
    Verdict run(PostgresServer server, Path folder, Schedule schedule) throws Exception {
        try (World world = World.build(server, folder, WorldSettings.draw(options.program(), random))) {
            ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
            long faultGone;
            try {
                List<Future<?>> writers = write(world, threads);
                faultGone = injectAll(world, schedule);
                finish(world, writers);
            } finally {
                threads.shutdownNow();
                threads.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
            Inspection inspection = new Inspection(world, options.recovery(), problems);
            if (problems.isEmpty()) {
                inspection.settle(faultGone);
            }
            return inspection.verdict(seed, injected);
        }
    }

    private List<Future<?>> write(World world, ExecutorService threads) {
        List<Future<?>> writers = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            int big = i == 0 ? options.big() : 0;
            writers.add(threads.submit(new Writer(
                    "w" + i,
                    world.writing(),
                    world.ledger(),
                    random.nextLong(),
                    options.events() / WRITERS + big,
                    big,
                    AHEAD)));
        }
        return writers;
    }

    /** Returns when the last of them was gone, by {@link System#nanoTime}. */
    private long injectAll(World world, Schedule schedule) throws Exception {
        long gone = System.nanoTime();
        for (int i = 0; i < schedule.faults().size(); i++) {
            int moment = schedule.moments().get(i);
            if (!await(world, () -> world.ledger().committed() >= moment)) {
                problems.add("nothing moved for " + PATIENCE.toSeconds() + " s, before " + moment + " events");
                return gone;
            }
            Fault fault = schedule.faults().get(i);
            injected.add(fault.name() + "@" + world.ledger().committed());
            fault.inject(random, world);
            gone = System.nanoTime();
            world.relay().awaitReady();
        }
        return gone;
    }

    private void finish(World world, List<Future<?>> writers) throws Exception {
        if (!await(world, () -> writers.stream().allMatch(Future::isDone))) {
            problems.add("nothing moved for " + PATIENCE.toSeconds() + " s, while writers had more to write");
            return;
        }
        for (Future<?> writer : writers) {
            try {
                writer.get();
            } catch (ExecutionException e) {
                problems.add("a writer failed: " + e.getCause());
            }
        }
    }

    /** Waits as long as something moves. */
    private static boolean await(World world, BooleanSupplier condition) throws InterruptedException {
        Ledger ledger = world.ledger();
        int seen = -1;
        long movedAt = System.nanoTime();
        while (!ledger.await(condition, LOOKS_EVERY)) {
            int now = ledger.committed() + ledger.arrivalCount();
            if (now != seen) {
                seen = now;
                movedAt = System.nanoTime();
            }
            if (System.nanoTime() - movedAt > PATIENCE.toNanos()
                    || world.relay().complaint() != null) {
                return false;
            }
        }
        return true;
    }
}
