package dev.tidemark.sample.demo;

import dev.tidemark.sample.demo.Kill.Victim;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** A run that is checked: a calm, in which nothing disturbs, then the storm, and then every event is accounted for. */
final class CheckedRun {

    private static final int WRITERS = 6;

    /** Three events each. */
    private static final int SAGAS_OF_EVENTS = 10;

    private static final Duration REDRAW = Duration.ofMillis(200);

    private final DemoOptions options;
    private final Stage stage;
    private final Ledger ledger;
    private final Kills kills;
    private final Progress progress;
    private final Status status;
    private final long started = System.nanoTime();

    CheckedRun(DemoOptions options, Stage stage, Ledger ledger, Kills kills, Progress progress) {
        this.options = options;
        this.stage = stage;
        this.ledger = ledger;
        this.kills = kills;
        this.progress = progress;
        this.status = new Status(ledger, kills, options);
    }

    /** Whether all was as it should be; it has been said what was not. */
    boolean run() throws IOException, InterruptedException, SQLException, ExecutionException {
        int sagas = options.events() / SAGAS_OF_EVENTS;
        int calm = calmEvents();
        Client client = new Client(stage.services(), ledger);
        Map<String, Integer> stock = Shopper.fillStock(client, sagas);
        List<String> shared = new Calm(stage.databases().users(), ledger).run(calm);
        ledger.stopTiming();
        progress.say(
                "Calm: " + ledger.lag().count() + " events, commit to replica " + ledger.lag() + ". Now the storm.");
        kills.aimAt(stage);
        List<String> others = new ArrayList<>(storm(client, shared, options.events() - calm - 3 * sagas, sagas));
        kills.close();
        progress.show("checking");
        Verdict verdict = new Inspection(options, stage.databases(), ledger, kills.done()).verdict(stock, others);
        progress.clear();
        report(verdict);
        return verdict.passed();
    }

    /** Broken relays deliver each event so late that a short calm is long enough. */
    private int calmEvents() {
        return options.broken() ? Calm.SHARED_USERS : Math.max(Calm.SHARED_USERS, Math.min(200, options.events() / 20));
    }

    /** Writes until all is written and waits until all has arrived; returns what went wrong with the run itself. */
    private List<String> storm(Client client, List<String> shared, int userEvents, int sagas)
            throws InterruptedException, ExecutionException {
        ExecutorService threads = Executors.newFixedThreadPool(WRITERS + 2);
        try {
            int ahead = Math.max(100, options.events() / 5);
            Random seeds = new Random(options.seed());
            List<Future<?>> writers = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                int share = userEvents / WRITERS + (i < userEvents % WRITERS ? 1 : 0);
                writers.add(threads.submit(
                        new UserWriter(stage.databases().users(), ledger, shared, seeds.nextLong(), share, ahead)));
            }
            writers.add(threads.submit(
                    new Shopper(client, ledger, shared, seeds.nextLong(), sagas, Math.max(10, sagas / 5))));
            if (options.broken()) {
                SlotView slot = new SlotView(
                        stage.databases().users().dataSource(), RelayLauncher.slot(Subscription.USERS_TO_ORDERS));
                writers.add(threads.submit(new SureLoss(ledger, kills.relays(), slot)));
            }
            @Nullable
            String failure = new Settling(options, stage, ledger, kills)
                    .await(writers, REDRAW, () -> progress.show(status.toString()));
            return failure == null ? List.of() : List.of(failure);
        } finally {
            threads.shutdownNow();
        }
    }

    private void report(Verdict verdict) {
        if (!verdict.passed()) {
            progress.say(verdict.complaints());
        }
        if (options.broken()) {
            progress.say("The relays were broken on purpose: they acknowledged first and delivered later, so that what"
                    + " a killed one had not delivered yet is lost. A check that finds nothing here is no check.");
        }
        progress.say(String.format(
                Locale.ROOT,
                "PostgreSQL %d, via %s, seed %d, %.1f s, %s, commit to replica %s in the calm, at most %d"
                        + " duplicates allowed",
                options.postgres(),
                options.via(),
                options.seed(),
                (System.nanoTime() - started) / 1e9,
                killed(),
                ledger.lag(),
                verdict.duplicatesBound()));
        progress.say(verdict.toString());
    }

    /** Such as {@code relays killed 3 times, broker 1, consumers 2}. */
    private String killed() {
        String text = "relays killed " + count(Victim.RELAY) + " times";
        if (options.via().hasBrokerToKill() || options.kills().brokers() > 0) {
            text += ", broker " + count(Victim.BROKER);
        }
        return options.consumersAreProcesses() ? text + ", consumers " + count(Victim.CONSUMER) : text;
    }

    private long count(Victim victim) {
        return kills.done().stream().filter(kill -> kill.victim() == victim).count();
    }
}
