package dev.tidemark.relay.sink;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What was written to a channel and has no confirm yet, by the number that the channel gives to each message. Safe for
 * the thread that writes, the one that reads and those that ask.
 */
final class RabbitUnconfirmed {

    /** So many timeouts without any confirm, and the connection is one that goes nowhere. */
    static final int PATIENCE = 3;

    /** What is never confirmed stays known, each attempt anew, as for a queue that has lost its majority. */
    static final int MOST = 20_000;

    private static final int NO_ROUTE = 312;

    private final NavigableMap<Long, RabbitPublication> byTag = new TreeMap<>();
    private final Map<String, List<RabbitPublication>> byId = new HashMap<>();
    private final long patienceNanos;
    private final LongSupplier nanoTime;
    private long silentSince;
    private @Nullable Throwable blocked;
    private @Nullable Throwable ended;

    /**
     * Nothing yet.
     *
     * @param timeout of each message
     * @param nanoTime as {@link System#nanoTime}
     */
    RabbitUnconfirmed(Duration timeout, LongSupplier nanoTime) {
        this.patienceNanos = timeout.multipliedBy(PATIENCE).toNanos();
        this.nanoTime = nanoTime;
        this.silentSince = nanoTime.getAsLong();
    }

    /** @return whether it is to be written; else it has ended, since nothing is to be written now or any more */
    boolean add(long tag, RabbitPublication publication) {
        Throwable why = putUnlessStopped(tag, publication);
        if (why != null) {
            publication.end(why);
        }
        return why == null;
    }

    private synchronized @Nullable Throwable putUnlessStopped(long tag, RabbitPublication publication) {
        if (ended != null || blocked != null) {
            return ended != null ? ended : blocked;
        }
        if (byTag.isEmpty()) {
            silentSince = nanoTime.getAsLong();
        }
        byTag.put(tag, publication);
        byId.computeIfAbsent(publication.messageId(), id -> new ArrayList<>(1)).add(publication);
        return null;
    }

    /** Whether nothing has been confirmed for so long, or so much is not confirmed, that another channel is better. */
    synchronized boolean isHopeless() {
        boolean silent = !byTag.isEmpty() && nanoTime.getAsLong() - silentSince > patienceNanos;
        return silent || byTag.size() > MOST;
    }

    /** Why the server takes nothing for now; null if it does. */
    synchronized @Nullable Throwable blocked() {
        return blocked;
    }

    synchronized List<RabbitPublication> all() {
        return List.copyOf(byTag.values());
    }

    /**
     * A message came back. Its confirm follows.
     *
     * @return whether it is one of these
     */
    synchronized boolean returned(String messageId, int replyCode) {
        List<RabbitPublication> candidates = byId.getOrDefault(messageId, List.of());
        RabbitPublication.Answer how = candidates.size() == 1 && replyCode == NO_ROUTE
                ? RabbitPublication.Answer.UNROUTABLE
                : RabbitPublication.Answer.PERHAPS_UNROUTABLE;
        candidates.forEach(candidate -> candidate.returned(how));
        return !candidates.isEmpty();
    }

    /** @param multiple whether this is about all messages up to {@code tag} */
    void settle(long tag, boolean multiple, RabbitPublication.Answer how) {
        take(tag, multiple).forEach(publication -> publication.settle(how));
    }

    private synchronized List<RabbitPublication> take(long tag, boolean multiple) {
        silentSince = nanoTime.getAsLong();
        Map<Long, RabbitPublication> settled = multiple ? byTag.headMap(tag, true) : byTag.subMap(tag, true, tag, true);
        List<RabbitPublication> taken = List.copyOf(settled.values());
        settled.clear();
        for (RabbitPublication publication : taken) {
            byId.computeIfPresent(
                    publication.messageId(), (id, same) -> same.remove(publication) && same.isEmpty() ? null : same);
        }
        return taken;
    }

    /** Ends all, and until {@link #unblock} what is added; they stay known, since confirms may follow. */
    void block(Throwable why) {
        synchronized (this) {
            blocked = why;
        }
        all().forEach(publication -> publication.end(why));
    }

    synchronized void unblock() {
        blocked = null;
    }

    /** Ends all, and what is added from now on. */
    void end(Throwable why) {
        synchronized (this) {
            ended = why;
        }
        all().forEach(publication -> publication.end(why));
    }
}
