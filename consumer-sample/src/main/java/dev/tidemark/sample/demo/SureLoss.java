package dev.tidemark.sample.demo;

import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Kills a broken relay when that loses something for certain: when its slot has been told of events that have not
 * arrived. A kill at any other moment may find nothing that was acknowledged too early, and prove nothing.
 */
final class SureLoss implements Callable<@Nullable Void> {

    private static final Duration LOOK_AGAIN = Duration.ofMillis(20);

    private final Ledger ledger;
    private final RelayKills kills;
    private final SlotView slot;

    SureLoss(Ledger ledger, RelayKills kills, SlotView slot) {
        this.ledger = ledger;
        this.kills = kills;
        this.slot = slot;
    }

    /** Until all kills are done. */
    @Override
    public @Nullable Void call() throws InterruptedException {
        while (kills.left() > 0) {
            Set<UUID> missing = ledger.missingUsers();
            String mark = slot.mark();
            while (!slot.isToldOf(mark)) {
                ledger.await(() -> false, LOOK_AGAIN);
            }
            if (ledger.anyMissing(missing)) {
                kills.killIfDue(Subscription.USERS_TO_ORDERS);
            }
        }
        return null;
    }
}
