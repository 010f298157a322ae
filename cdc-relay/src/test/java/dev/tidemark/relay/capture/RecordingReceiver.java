package dev.tidemark.relay.capture;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Envelope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** Takes what a feed offers, and settles only what a test tells it to. */
final class RecordingReceiver implements ChangeFeed.Receiver {

    private final List<Change> changes = new ArrayList<>();
    private final int room;
    private int most = Integer.MAX_VALUE;
    private long settled;
    private @Nullable Lsn again;

    /** Settles everything at once, for ever. */
    static RecordingReceiver settlingAll() {
        RecordingReceiver receiver = new RecordingReceiver(Integer.MAX_VALUE);
        receiver.settled = Long.MAX_VALUE;
        return receiver;
    }

    /** @param room how many may be unsettled */
    RecordingReceiver(int room) {
        this.room = room;
    }

    @Override
    public synchronized ChangeFeed.Offer offer(Change change) {
        if (changes.size() >= most || changes.size() - Math.min(settled, changes.size()) >= room) {
            return ChangeFeed.Offer.FULL;
        }
        changes.add(change);
        return ChangeFeed.Offer.TAKEN;
    }

    @Override
    public synchronized void readsAgain(Lsn upTo) {
        again = upTo;
    }

    /** Up to where it was told that changes come again; null if it was not. */
    synchronized @Nullable Lsn again() {
        return again;
    }

    @Override
    public synchronized long settled() {
        return Math.min(settled, changes.size());
    }

    @Override
    @SuppressWarnings("WaitNotInLoop")
    public synchronized void awaitSettled(Duration atMost) throws InterruptedException {
        wait(Math.max(1, atMost.toMillis())); // a wake-up for nothing is allowed
    }

    /** Takes so many in all, and is full from then on, also when everything is settled. */
    synchronized void takeAtMost(int count) {
        most = count;
    }

    /** The first {@code count} changes are settled, whether they came yet or not. */
    synchronized void settle(long count) {
        settled = count;
        notifyAll();
    }

    synchronized List<Change> changes() {
        return List.copyOf(changes);
    }

    List<Change> await(int count) {
        Awaitility.await().until(() -> changes().size() >= count);
        return changes();
    }

    /** What {@link #await} returns, where every change is decodable. */
    List<Envelope> awaitEvents(int count) {
        return await(count).stream()
                .map(change -> requireNonNull(change.envelope(), "" + change.undecodable()))
                .toList();
    }
}
