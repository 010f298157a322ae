package dev.tidemark.relay.capture;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * Reads with an embedded Debezium engine.
 *
 * <p>The engine stores no offset: each run starts where the slot stands, so that the server repeats every
 * transaction that was not acknowledged. An engine that fails is thrown away.
 */
public final class DebeziumFeed implements ChangeFeed {

    private static final Duration LOOK_AGAIN = Duration.ofMillis(20);
    private static final Duration LAST_TURN = Duration.ofSeconds(3);

    private final FeedSettings settings;
    private final RecordDecoder decoder;
    private final Permit permit;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile long lastTurnNanos;
    private volatile boolean closing;
    private volatile @Nullable DebeziumEngine<RecordChangeEvent<SourceRecord>> engine;
    private volatile @Nullable Acknowledger acknowledger;
    private final Probe probe;
    private boolean streaming; // the engine's thread's, as is the next
    private boolean leftOne;

    public DebeziumFeed(FeedSettings settings, EventDecoder decoder, Permit permit) {
        this.settings = settings;
        this.decoder = new RecordDecoder(decoder);
        this.permit = permit;
        this.probe = new Probe(new Source(settings));
    }

    @Override
    public void run(Receiver receiver) throws FeedException {
        if (engine != null) {
            throw new IllegalStateException("a feed runs once; make a new one after a failure");
        }
        Acknowledger acks = new Acknowledger(receiver, permit, this::turn);
        acknowledger = acks;
        try {
            DebeziumEngine<RecordChangeEvent<SourceRecord>> made = DebeziumEngine.create(
                            ChangeEventFormat.of(Connect.class))
                    .using(EngineProperties.of(settings))
                    .using(acks)
                    .using((success, message, error) -> failure.set(error))
                    .notifying((records, committer) -> handle(records, committer, acks, receiver))
                    .build();
            engine = made;
            if (!closing) {
                made.run();
            }
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
        } finally {
            ended.countDown();
        }
        Throwable cause = failure.get();
        if (cause != null && !closing) {
            throw new FeedException("reading " + settings + " failed: " + FeedException.reason(cause), cause);
        }
    }

    @Override
    public void close() {
        closing = true;
        Acknowledger acks = acknowledger;
        DebeziumEngine<?> running = engine;
        if (acks == null || running == null) {
            return;
        }
        boolean over = ended.getCount() == 0;
        // closed between its start and its first poll, the engine may wait for ever for a poll that it has thrown away
        while (!over && lastTurnNanos == 0) {
            over = ends();
        }
        if (!over) {
            acks.awaitLastTurn(LAST_TURN);
        }
        while (!over) {
            tryToStop(running);
            over = ends();
        }
    }

    @Override
    public long lastTurnNanos() {
        return lastTurnNanos;
    }

    /** The engine refuses when somebody else is stopping it. */
    private static void tryToStop(DebeziumEngine<?> running) {
        try {
            running.close();
        } catch (IllegalStateException | IOException e) {
            // it ends by itself, or can be stopped in a moment
        }
    }

    /** Waits for a moment; true also if nobody wants to wait any more. */
    private boolean ends() {
        try {
            return ended.await(LOOK_AGAIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private void handle(
            List<RecordChangeEvent<SourceRecord>> records,
            RecordCommitter<RecordChangeEvent<SourceRecord>> committer,
            Acknowledger acks,
            Receiver receiver)
            throws InterruptedException {
        if (!streaming) {
            streaming = true; // a record proves it; an empty poll comes before the stream is open
            receiver.streaming();
        }
        acks.use(committer, records.get(0));
        for (RecordChangeEvent<SourceRecord> record : records) {
            if (!leftOne) {
                take(record.record(), acks, receiver);
            }
        }
        acks.acknowledge();
    }

    private void take(SourceRecord record, Acknowledger acks, Receiver receiver) throws InterruptedException {
        acks.sawCommit((Long) record.sourceOffset().get("lsn_commit"));
        Change change = decoder.decode(record);
        if (change == null) {
            return;
        }
        Offer answer = closing ? Offer.FULL : receiver.offer(change);
        while (answer == Offer.FULL && !closing) {
            acks.acknowledge();
            probe.lookWhileNothingIsPolled();
            receiver.awaitSettled(LOOK_AGAIN);
            answer = receiver.offer(change);
        }
        if (answer == Offer.TAKEN) {
            acks.took();
        }
        leftOne = answer == Offer.FULL; // no later commit may be acknowledged
    }

    /** Of a stream whose end only the server knows nothing comes, while the heartbeats of the engine go on. */
    private void turn() {
        lastTurnNanos = System.nanoTime();
        if (streaming && !closing) {
            probe.look();
        }
    }
}
