package dev.tidemark.sample.demo;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.sample.demo.page.Arrivals;
import dev.tidemark.sample.demo.page.Page;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A run to look at: somebody uses the services now and then, for ever, and each event is shown as it arrives. */
final class LiveRun {

    private static final Duration BETWEEN_WRITES = Duration.ofMillis(500);
    private static final Duration REDRAW = Duration.ofMillis(200);

    private final DemoOptions options;
    private final Stage stage;
    private final Ledger ledger;
    private final Kills kills;
    private final Progress progress;
    private final Client client;
    private final Random random;
    private final List<String> users = new ArrayList<>();
    private final Shopper shopper;

    LiveRun(DemoOptions options, Stage stage, Ledger ledger, Kills kills, Progress progress) {
        this.options = options;
        this.stage = stage;
        this.ledger = ledger;
        this.kills = kills;
        this.progress = progress;
        this.client = new Client(stage.services(), ledger);
        this.random = new Random(options.seed());
        this.shopper = new Shopper(client, ledger, users, options.seed(), 0, 0);
    }

    /**
     * Goes on until it is interrupted, or something that runs has failed.
     *
     * @param arrivals which are shown on the page
     */
    void run(Arrivals arrivals) throws IOException, InterruptedException, ExecutionException {
        Shopper.fillStock(client, 300);
        kills.aimAt(stage);
        try (Page page = Page.start(PageScene.of(stage, arrivals, kills, ledger))) {
            introduce(page.uri());
            page.invite();
            use(page.uri());
        }
    }

    private void use(URI page) throws InterruptedException, ExecutionException {
        Status status = new Status(ledger, kills, options);
        ScheduledExecutorService hand = Executors.newSingleThreadScheduledExecutor();
        try {
            Future<?> writing =
                    hand.scheduleAtFixedRate(this::write, 0, BETWEEN_WRITES.toMillis(), TimeUnit.MILLISECONDS);
            while (!isOver(writing)) {
                progress.show(page + "  " + status);
            }
        } finally {
            progress.clear();
            hand.shutdownNow();
        }
    }

    private boolean isOver(Future<?> writing) throws InterruptedException, ExecutionException {
        String failure = stage.failure(kills);
        if (failure != null) {
            throw new IllegalStateException(failure);
        }
        try {
            writing.get(REDRAW.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException stillWriting) {
            return false;
        }
    }

    private void introduce(URI page) {
        Services services = stage.services();
        progress.say("All of it on one page, to look at and to disturb:  " + page);
        progress.say("users      " + services.users().uri());
        progress.say("orders     " + services.orders().uri());
        progress.say("inventory  " + services.inventory().uri());
        progress.say("Write something yourself, and see it arrive:");
        progress.say("  curl -d '{\"name\": \"Ada\"}' " + services.users().uri() + "/users");
        progress.say("Ctrl-C stops everything and leaves nothing behind.");
    }

    private void write() {
        if (options.events() > 0 && ledger.written() >= options.events()) {
            return;
        }
        try {
            int drawn = random.nextInt(5);
            if (users.isEmpty() || drawn == 0) {
                users.add(client.createUser("User " + (users.size() + 1)));
            } else if (drawn < 3) {
                client.renameUser(users.get(random.nextInt(users.size())), "Renamed " + random.nextInt(1000));
            } else {
                shopper.placeOne();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a service did not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Shows {@code event}, which a service has just handled. */
    static String line(Envelope event) {
        Duration lag = Duration.between(event.time(), Instant.now());
        return String.format(
                Locale.ROOT,
                "%-22s %-16s %s@%s after %.1f ms",
                Subscription.ofSource(event.aggregate().source()),
                event.type(),
                event.aggregate().id(),
                event.aggregateVersion(),
                lag.toNanos() / 1e6);
    }
}
