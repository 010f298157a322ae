package dev.tidemark.relay.capture;

import io.debezium.engine.DebeziumEngine.Offsets;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.spi.OffsetCommitPolicy;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * Tells the slot how far everything is settled, on the engine's thread and nowhere else.
 *
 * <p>The engine asks its commit policy after each batch and, when there is nothing to read, after each empty
 * poll. So the policy is where the settled prefix is marked: no event and no heartbeat has to arrive for it.
 *
 * <p>What is marked is always the end of a whole transaction. Each record names the commit before its own
 * transaction; once all that was taken before the record is settled, that commit may be acknowledged, if the
 * {@link Permit} allows it.
 */
final class Acknowledger implements OffsetCommitPolicy {

    private static final long FLUSH_INTERVAL_NANOS =
            TimeUnit.MILLISECONDS.toNanos(EngineProperties.FLUSH_INTERVAL_MILLIS);

    private final SettledCommits commits;
    private final Runnable turn;
    private final CountDownLatch lastTurn = new CountDownLatch(1);
    private @Nullable RecordCommitter<RecordChangeEvent<SourceRecord>> committer;
    private @Nullable RecordChangeEvent<SourceRecord> anyRecord;
    private long marked;
    private boolean unflushed;
    private long flushedNanos = System.nanoTime() - FLUSH_INTERVAL_NANOS;
    private volatile boolean closing;

    /** @param turn called each time the engine's loop turns */
    Acknowledger(ChangeFeed.Receiver receiver, Permit permit, Runnable turn) {
        this.commits = new SettledCommits(receiver, permit);
        this.turn = turn;
    }

    /** A batch begins: from now on, {@code committer} marks. */
    void use(RecordCommitter<RecordChangeEvent<SourceRecord>> committer, RecordChangeEvent<SourceRecord> anyRecord) {
        this.committer = committer;
        this.anyRecord = anyRecord;
    }

    /** A record came in that names {@code commitLsn} as the last commit before it; null if there was none. */
    void sawCommit(@Nullable Long commitLsn) {
        if (commitLsn != null) {
            commits.saw(commitLsn);
        }
    }

    /** The receiver took one more change. */
    void took() {
        commits.took();
    }

    /** Marks what is settled; flushes it to the slot when it is time. */
    void acknowledge() throws InterruptedException {
        if (committer != null) {
            committer.markBatchFinished();
        }
    }

    @Override
    public boolean performCommit(long recordsSinceLastCommit, Duration sinceLastCommit) {
        turn.run();
        try {
            markSettled();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        boolean last = closing;
        long now = System.nanoTime();
        boolean flush = unflushed && (last || now - flushedNanos >= FLUSH_INTERVAL_NANOS);
        if (flush) {
            unflushed = false;
            flushedNanos = now;
        }
        if (last && !flush && !moreToMark()) {
            lastTurn.countDown(); // a turn after the last flush, which is done by now
        }
        return flush;
    }

    /**
     * Waits until everything that was taken is marked, if all of it is settled. The end of the last
     * transaction is known only from what comes after it, which is a heartbeat if nothing else does.
     */
    void awaitLastTurn(Duration atMost) {
        closing = true;
        try {
            lastTurn.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean moreToMark() {
        return marked < commits.taken() && commits.allSettled();
    }

    private void markSettled() throws InterruptedException {
        if (committer == null || anyRecord == null) {
            return;
        }
        SettledCommits.Commit reached = commits.next();
        if (reached != null) {
            Offsets position = committer.buildOffsets();
            position.set("lsn", reached.lsn());
            position.set("lsn_proc", reached.lsn());
            position.set("lsn_commit", reached.lsn());
            committer.markProcessed(anyRecord, position);
            marked = reached.taken();
            unflushed = true;
        }
    }
}
