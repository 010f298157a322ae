package dev.tidemark.sample.demo;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Waits until all is written, delivered and handled. There is no deadline for the whole, but one for
 * standing still: a slow machine passes, a stuck relay does not.
 */
final class Settling {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** What broken relays have lost does not come. */
    private static final Duration PATIENCE_WITH_BROKEN = Duration.ofSeconds(10);

    private static final Duration QUIET = Duration.ofSeconds(1);

    private final DemoOptions options;
    private final Stage stage;
    private final Ledger ledger;
    private final Kills kills;
    private int progressMade = -1;
    private long progressAt = System.nanoTime();

    Settling(DemoOptions options, Stage stage, Ledger ledger, Kills kills) {
        this.options = options;
        this.stage = stage;
        this.ledger = ledger;
        this.kills = kills;
    }

    /**
     * Waits.
     *
     * @param redraw how often to call {@code redrawing}
     * @return why there is no use in waiting longer; null if all has settled
     * @throws ExecutionException if a writer failed
     */
    @Nullable
    String await(List<Future<?>> writers, Duration redraw, Runnable redrawing)
            throws InterruptedException, ExecutionException {
        while (!ledger.await(this::allIsHandled, redraw) || !isQuiet()) {
            redrawing.run();
            stage.consumers().settleDoubts();
            for (Future<?> writer : writers) {
                if (writer.isDone()) {
                    writer.get();
                }
            }
            String failure = failure();
            if (failure != null) {
                return failure;
            }
        }
        return kills.left() == 0 ? null : kills.left() + " of the kills found nothing at work";
    }

    private boolean allIsHandled() {
        return ledger.handledCount() >= options.events() && ledger.underway() == 0;
    }

    /**
     * Whether all is up, nothing is on its way, and relays send nothing any more, such as what they had sent before they were
     * killed. What comes again comes whole then, up to the newest.
     */
    private boolean isQuiet() throws InterruptedException {
        int before = ledger.arrivalCount();
        return stage.allRun(kills)
                && stage.consumers().haveAll()
                && !ledger.await(() -> ledger.arrivalCount() > before, QUIET);
    }

    private @Nullable String failure() {
        String failure = stage.failure(kills);
        if (failure != null) {
            return failure;
        }
        int now = ledger.arrivalCount() + ledger.written();
        if (now != progressMade || !stage.allRun(kills)) {
            progressMade = now;
            progressAt = System.nanoTime();
        }
        Duration patience = options.broken() ? PATIENCE_WITH_BROKEN : PATIENCE;
        return System.nanoTime() - progressAt > patience.toNanos()
                ? "nothing moved for " + patience.toSeconds() + " s"
                : null;
    }
}
