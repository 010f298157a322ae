package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * A write-ahead log and its slot. Transactions interleave: the LSN of a change says nothing of when it commits.
 * What the slot has confirmed is forgotten in a crash, down to what was last saved.
 */
final class SimulatedLog {

    record Change(Envelope envelope, long lsn) {}

    /** In commit order. */
    record Transaction(List<Change> changes, long commitLsn) {}

    final List<Transaction> committed = new ArrayList<>();
    final Set<UUID> rolledBack = new HashSet<>();
    private final List<List<Change>> open = new ArrayList<>();
    private final Set<String> lockedAggregates = new HashSet<>();
    private final Map<String, Long> versions = new HashMap<>();
    private final Map<UUID, Long> commitLsns = new HashMap<>();
    private long end;
    private long confirmed;
    private long saved;
    private int written;

    /** Writes, commits or rolls back something. Returns what, for the history. */
    String write(SplittableRandom random, int aggregates, boolean begin) {
        if (begin && (open.isEmpty() || random.nextInt(3) == 0)) {
            open.add(new ArrayList<>());
        }
        if (open.isEmpty()) {
            return "nothing to write";
        }
        List<Change> transaction = open.get(random.nextInt(open.size()));
        if (!transaction.isEmpty() && random.nextInt(3) > 0) {
            return end(transaction, random.nextInt(6) == 0);
        }
        String aggregate = "a" + random.nextInt(aggregates);
        boolean ours =
                transaction.stream().anyMatch(c -> c.envelope().aggregate().id().equals(aggregate));
        if (!ours && !lockedAggregates.add(aggregate)) {
            return "waits for the lock of " + aggregate; // the version counter's row lock
        }
        long version = versions.getOrDefault(aggregate, 0L)
                + 1
                + transaction.stream()
                        .filter(c -> c.envelope().aggregate().id().equals(aggregate))
                        .count();
        written++;
        Envelope envelope = Events.of(new dev.tidemark.envelope.Aggregate("orders", "", "order", aggregate), version)
                .id(new UUID(written, version))
                .build();
        transaction.add(new Change(envelope, ++end));
        return "writes " + Events.label(envelope) + " at " + end;
    }

    void endAll() {
        for (List<Change> transaction : List.copyOf(open)) {
            end(transaction, false);
        }
    }

    private String end(List<Change> transaction, boolean rollBack) {
        open.remove(transaction);
        for (Change change : transaction) {
            lockedAggregates.remove(change.envelope().aggregate().id());
            if (rollBack) {
                rolledBack.add(change.envelope().id());
            } else {
                versions.merge(change.envelope().aggregate().id(), 1L, Long::sum);
            }
        }
        if (rollBack || transaction.isEmpty()) {
            return "rolls back";
        }
        committed.add(new Transaction(List.copyOf(transaction), ++end));
        transaction.forEach(change -> commitLsns.put(change.envelope().id(), end));
        return "commits at " + end;
    }

    int written() {
        return written;
    }

    long end() {
        return end;
    }

    long confirmed() {
        return confirmed;
    }

    void confirm(long lsn) {
        confirmed = Math.max(confirmed, lsn);
    }

    void save() {
        saved = confirmed;
    }

    void crash() {
        confirmed = saved;
        open.forEach(transaction -> transaction.forEach(change -> {
            lockedAggregates.remove(change.envelope().aggregate().id());
            rolledBack.add(change.envelope().id());
        }));
        open.clear();
    }

    /** Whether the slot will never send the event again. */
    boolean hasDurablyPassed(UUID id) {
        Long commit = commitLsns.get(id);
        return commit != null && commit <= saved;
    }

    /** What a reader is sent that starts now. */
    List<Transaction> sentFrom(long lsn) {
        return committed.stream().filter(t -> t.commitLsn() > lsn).toList();
    }
}
