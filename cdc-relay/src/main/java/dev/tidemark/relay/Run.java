package dev.tidemark.relay;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.capture.Change;
import dev.tidemark.relay.capture.ChangeFeed;
import dev.tidemark.relay.deliver.InFlight;
import dev.tidemark.relay.deliver.Subscriber;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of a feed: what it reads is put in flight and offered to the subscribers who want it. When the
 * run is over, its lanes have ended and nothing of it can acknowledge anything any more.
 */
final class Run implements ChangeFeed.Receiver, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Run.class);

    private final InFlight inFlight;
    private final List<Subscriber> subscribers;
    private final Runnable captured;
    private final Runnable streaming;
    private volatile boolean takesMore = true;
    private volatile @Nullable String undecodable;

    /**
     * A run whose lanes do not turn yet.
     *
     * @param captured called for each event that is taken
     * @param streaming called once, when the feed reads
     */
    Run(InFlight inFlight, List<Subscriber> subscribers, Runnable captured, Runnable streaming) {
        this.inFlight = inFlight;
        this.subscribers = List.copyOf(subscribers);
        this.captured = captured;
        this.streaming = streaming;
    }

    void start() {
        subscribers.forEach(Subscriber::start);
    }

    @Override
    public void streaming() {
        streaming.run();
    }

    @Override
    public ChangeFeed.Offer offer(Change change) {
        Envelope envelope = change.envelope();
        if (envelope == null) {
            return hold(change);
        }
        List<Subscriber> wanting = wanting(envelope);
        if (wanting.isEmpty()) {
            return ChangeFeed.Offer.PASSED;
        }
        int bytes = envelope.approximateBytes();
        if (!takesMore || !inFlight.hasRoom(bytes)) {
            return ChangeFeed.Offer.FULL;
        }
        InFlight.Entry entry = inFlight.add(bytes, wanting.size());
        captured.run();
        for (Subscriber subscriber : wanting) {
            subscriber.offer(envelope, change.committedAt(), entry);
        }
        return ChangeFeed.Offer.TAKEN;
    }

    @Override
    public long settled() {
        return inFlight.settledPrefix();
    }

    @Override
    public void awaitSettled(Duration atMost) throws InterruptedException {
        inFlight.awaitSettled(atMost);
    }

    /** Takes no more, and waits until what was taken is settled. */
    boolean drain(Duration deadline) throws InterruptedException {
        takesMore = false;
        long end = System.nanoTime() + deadline.toNanos();
        boolean drained = undecodable == null;
        for (Subscriber subscriber : subscribers) {
            drained &= subscriber.drain(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
        }
        return drained;
    }

    /** Ends the lanes; returns when none delivers any more. */
    @Override
    public void close() {
        takesMore = false;
        inFlight.close();
        subscribers.forEach(Subscriber::close);
    }

    /** Why the slot is held, other than by a subscriber; null if it is not. */
    @Nullable
    String undecodable() {
        return undecodable;
    }

    InFlight inFlight() {
        return inFlight;
    }

    List<Subscriber> subscribers() {
        return subscribers;
    }

    private List<Subscriber> wanting(Envelope envelope) {
        List<Subscriber> wanting = new ArrayList<>(subscribers.size());
        for (Subscriber subscriber : subscribers) {
            if (subscriber.wants(envelope)) {
                wanting.add(subscriber);
            }
        }
        return wanting;
    }

    /** Nobody can be given it, so nobody settles it: it holds the slot until a person acts. */
    private ChangeFeed.Offer hold(Change change) {
        if (!takesMore || !inFlight.hasRoom(0)) {
            return ChangeFeed.Offer.FULL;
        }
        inFlight.add(0, 1);
        if (undecodable == null) {
            undecodable = change.undecodable();
            log.error(
                    "{}. It holds the slot, so that it is not lost; what follows is delivered, and sent again after"
                            + " a restart.",
                    change.undecodable());
        }
        return ChangeFeed.Offer.TAKEN;
    }
}
