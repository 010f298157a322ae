package dev.tidemark.sample.demo;

import java.util.Locale;

/** The line of progress. */
final class Status {

    private final Ledger ledger;
    private final Kills kills;
    private final DemoOptions options;

    Status(Ledger ledger, Kills kills, DemoOptions options) {
        this.ledger = ledger;
        this.kills = kills;
        this.options = options;
    }

    /** Such as {@code written 812, delivered 790 of 3000, in flight 22, twice 3, kills 1 of 3, lag p50 4.1 ms, p99 9.0 ms}. */
    @Override
    public String toString() {
        int written = ledger.written();
        int delivered = ledger.delivered();
        return String.format(
                Locale.ROOT,
                "written %d, delivered %d%s, in flight %d, twice %d%s, lag %s",
                written,
                delivered,
                options.events() == 0 ? "" : " of " + options.events(),
                Math.max(0, written - delivered),
                ledger.arrivalCount() - delivered,
                kills(),
                ledger.lag());
    }

    /** Those of a visitor come on top of what was planned. */
    private String kills() {
        int done = kills.done().size();
        int planned = options.kills().all();
        return done == 0 && planned == 0
                ? ""
                : ", kills " + done + (planned == 0 ? "" : " of " + Math.max(done, planned));
    }
}
