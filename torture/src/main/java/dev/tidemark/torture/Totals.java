package dev.tidemark.torture;

import java.time.Duration;
import java.util.List;

/** Sums over runs; for one thread. */
final class Totals {

    private long faults;
    private long written;
    private long delivered;
    private long lost;
    private long reordered;
    private long duplicates;
    private long effectsTwice;
    private Duration longest = Duration.ZERO;

    void add(Verdict verdict) {
        faults += verdict.injected().size();
        written += verdict.report().written();
        delivered += verdict.report().delivered();
        lost += verdict.report().lost().size();
        reordered += verdict.report().reordered().size();
        duplicates += verdict.report().duplicates();
        effectsTwice += verdict.report().effectsTwice().size();
        longest = longest.compareTo(verdict.recovery()) < 0 ? verdict.recovery() : longest;
    }

    String summary(int runs, List<Long> failed) {
        return runs + " runs, " + faults + " faults: written=" + written + " delivered=" + delivered + " lost=" + lost
                + " reordered=" + reordered + " duplicates=" + duplicates + " effects-twice=" + effectsTwice
                + " longest-recovery=" + longest.toMillis() + "ms, "
                + (failed.isEmpty() ? "all passed" : failed.size() + " FAILED: seeds " + failed);
    }
}
