package dev.tidemark.sample.demo;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.sample.demo.page.Arrivals;
import dev.tidemark.sample.demo.via.Via;
import dev.tidemark.testkit.Closing;
import java.io.PrintWriter;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Builds the stage, lets one run happen on it, and takes it down again, whatever happens. */
final class Demo {

    private static final int INTERRUPTED = 130;
    private static final long TAKES_DOWN_WITHIN_SECONDS = 45;

    private final DemoOptions options;
    private final RelayLauncher launcher;
    private final Progress progress;
    private final CountDownLatch down = new CountDownLatch(1);

    Demo(DemoOptions options, RelayLauncher launcher, PrintWriter out) {
        this.options = options;
        this.launcher = launcher;
        this.progress = new Progress(out, Progress.isTerminal());
    }

    /** Returns the exit code. Ctrl-C takes the stage down too. */
    int run() {
        Thread here = Thread.currentThread();
        Thread onSignal = new Thread(() -> takeDown(here), "take-down");
        Runtime.getRuntime().addShutdownHook(onSignal);
        try {
            return perform();
        } catch (InterruptedException e) {
            return INTERRUPTED;
        } catch (Exception e) {
            progress.clear();
            progress.say("The demo failed: " + e.getMessage());
            if (!(e instanceof IllegalStateException)) { // whose message is written for people
                e.printStackTrace();
            }
            return 1;
        } finally {
            down.countDown();
            forget(onSignal);
        }
    }

    private int perform() throws Exception {
        Ledger ledger = new Ledger();
        try (Closing closing = new Closing();
                Kills kills = new Kills(options)) {
            progress.say("Starting PostgreSQL " + options.postgres() + ", three services and three relays"
                    + (options.via() == Via.HTTP ? "" : ", events via " + options.via()) + "; seed " + options.seed());
            Arrivals arrivals = new Arrivals();
            Consumer<Envelope> shown = event -> {
                arrivals.handled(event);
                progress.say(LiveRun.line(event));
            };
            Reception reception = new Reception(ledger, kills, options.exit() ? event -> {} : shown);
            Stage stage = Stage.build(options, launcher, reception, closing);
            if (options.exit()) {
                return new CheckedRun(options, stage, ledger, kills, progress).run() ? 0 : 1;
            }
            new LiveRun(options, stage, ledger, kills, progress).run(arrivals);
            return 0;
        }
    }

    /** Runs when the process is told to end: it may, once all that was started is gone. */
    private void takeDown(Thread running) {
        running.interrupt();
        try {
            if (!down.await(TAKES_DOWN_WITHIN_SECONDS, TimeUnit.SECONDS)) {
                progress.say("Not everything could be stopped within " + TAKES_DOWN_WITHIN_SECONDS + " s.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void forget(Thread onSignal) {
        try {
            Runtime.getRuntime().removeShutdownHook(onSignal);
        } catch (IllegalStateException ending) {
            // it is what made us stop
        }
    }
}
