package dev.tidemark.inbox;

import dev.tidemark.envelope.Receipt;
import dev.tidemark.envelope.Receipts;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What a read model knows of the inbox that keeps it: how far it has come, and how new it is. */
final class Following {

    private final String readModel;
    private final Followed followed;
    private final Inbox inbox;
    private final Awaiting awaiting;
    private final FreshnessMeter meter;

    Following(String readModel, Followed followed, Inbox inbox, Awaiting awaiting) {
        this.readModel = readModel;
        this.followed = followed;
        this.inbox = inbox;
        this.awaiting = awaiting;
        this.meter = new FreshnessMeter(readModel, followed, inbox.listener());
        inbox.arrivals().measure(meter);
    }

    Awaited await(Receipt receipt, Duration timeout) throws SQLException, InterruptedException {
        followed.require(receipt, readModel);
        Awaited awaited = awaiting.await(receipt, timeout);
        inbox.listener().awaited(readModel, awaited);
        return awaited;
    }

    List<Awaited> await(Receipts receipts, Duration timeout) throws SQLException, InterruptedException {
        long begun = System.nanoTime();
        List<Awaited> all = new ArrayList<>();
        for (Receipt receipt : receipts.all()) {
            if (!followed.has(receipt.aggregate()) || receipt.version() == null) {
                continue;
            }
            Duration left = timeout.minusNanos(System.nanoTime() - begun);
            if (isOver(left) && !isOver(timeout)) {
                all.add(new Awaited(receipt, 0, Duration.ZERO));
            } else {
                all.add(await(receipt, left));
            }
        }
        return List.copyOf(all);
    }

    private static boolean isOver(Duration left) {
        return left.isZero() || left.isNegative();
    }

    Freshness freshness() {
        return meter.at(inbox.now());
    }
}
