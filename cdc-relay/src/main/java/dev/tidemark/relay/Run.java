package dev.tidemark.relay;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.capture.Change;
import dev.tidemark.relay.capture.ChangeFeed;
import dev.tidemark.relay.capture.Lsn;
import dev.tidemark.relay.deliver.InFlight;
import dev.tidemark.relay.deliver.Subscriber;
import dev.tidemark.relay.ops.Term;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
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
    private final Term term;
    private volatile Lsn start;
    private final Measuring measuring;
    private final Runnable captured;
    private final Runnable streaming;
    private volatile boolean takesMore = true;

    /**
     * A run whose lanes do not turn yet.
     *
     * @param term the term it belongs to: when that is over, it takes nothing more
     * @param start where the log ended before this run: an earlier one may have had what is not behind it
     * @param captured called for each event that is taken
     * @param streaming called once, when the feed reads
     * @param onBug called if a thread beside the lanes cannot go on; it is to stop the relay, and must not wait
     */
    Run(
            InFlight inFlight,
            List<Subscriber> subscribers,
            Term term,
            Lsn start,
            Runnable captured,
            Runnable streaming,
            Consumer<Throwable> onBug) {
        this.inFlight = inFlight;
        this.subscribers = List.copyOf(subscribers);
        this.term = term;
        this.start = start;
        this.measuring = new Measuring(this.subscribers, onBug);
        this.captured = captured;
        this.streaming = streaming;
    }

    void start() {
        subscribers.forEach(Subscriber::start);
        measuring.start();
    }

    @Override
    public void streaming() {
        streaming.run();
    }

    @Override
    public void readsAgain(Lsn upTo) {
        start = upTo.compareTo(start) > 0 ? upTo : start;
    }

    @Override
    public ChangeFeed.Offer offer(Change change) {
        Envelope envelope = change.envelope();
        if (envelope == null) {
            return bury(change);
        }
        List<Seen> wanting = wanting(envelope);
        if (wanting.isEmpty()) {
            return ChangeFeed.Offer.PASSED;
        }
        int bytes = envelope.approximateBytes();
        if (!takesMore || !term.held() || !inFlight.hasRoom(bytes)) {
            return ChangeFeed.Offer.FULL;
        }
        InFlight.Entry entry = inFlight.add(bytes, wanting.size());
        captured.run();
        boolean maybeResent = change.lsn().compareTo(start) <= 0; // written after the start, it is surely new
        for (Seen seen : wanting) {
            seen.subscriber().offer(seen.envelope(), change.committedAt(), entry, maybeResent);
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
        boolean drained = true;
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
        measuring.close();
        subscribers.forEach(Subscriber::close);
    }

    InFlight inFlight() {
        return inFlight;
    }

    List<Subscriber> subscribers() {
        return subscribers;
    }

    Optional<Subscriber> subscriber(String name) {
        return subscribers.stream().filter(one -> one.name().equals(name)).findFirst();
    }

    /** What a subscriber gets of an event. */
    private record Seen(Subscriber subscriber, Envelope envelope) {}

    private List<Seen> wanting(Envelope envelope) {
        List<Seen> wanting = new ArrayList<>(subscribers.size());
        for (Subscriber subscriber : subscribers) {
            Envelope seen = subscriber.seen(envelope);
            if (seen != null) {
                wanting.add(new Seen(subscriber, seen));
            }
        }
        return wanting;
    }

    /** Nobody can be given it as it is: it stands dead in the backlog of everybody. */
    private ChangeFeed.Offer bury(Change change) {
        String reason = String.valueOf(change.undecodable());
        if (!takesMore || !term.held() || !inFlight.hasRoom(change.raw().length())) {
            return ChangeFeed.Offer.FULL;
        }
        log.error(
                "{}. It stands dead in the backlog of every subscriber; see: tidemark backlog show --subscriber {}"
                        + " --id {} --payload",
                reason,
                subscribers.get(0).name(),
                change.rawId());
        InFlight.Entry entry = inFlight.add(change.raw().length(), subscribers.size());
        for (Subscriber subscriber : subscribers) {
            subscriber.offerUndecodable(change.rawId(), change.raw(), reason, change.committedAt(), entry);
        }
        return ChangeFeed.Offer.TAKEN;
    }
}
