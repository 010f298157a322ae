package dev.tidemark.relay.deliver;

import dev.tidemark.relay.backlog.BacklogException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears the lanes of one subscriber and tells everybody else: counts for metrics, one line in the log for
 * each change of state, and its health. Safe for many threads.
 */
final class Reporter {

    private static final Logger log = LoggerFactory.getLogger(Subscriber.class);
    private static final long DEATHS_LOGGED_EVERY_NANOS = 1_000_000_000L;

    private final String subscriber;
    private final Surroundings surroundings;

    private final Map<Integer, Long> failingSince = new TreeMap<>(); // by lane; guarded by this, as are all
    private final Set<Integer> spilling = new TreeSet<>(); // lanes
    private final Map<Integer, Integer> parked = new TreeMap<>(); // by lane
    private final Map<Integer, String> silent = new TreeMap<>(); // lanes whose backlog does not answer, and why
    private long stoppedAcceptingAt;
    private boolean deathLogged;
    private long deathLoggedAt;
    private int deathsNotLogged;
    private @Nullable String full;
    private @Nullable String haltedBy;
    private volatile @Nullable String lastReason;

    Reporter(String subscriber, Surroundings surroundings) {
        this.subscriber = subscriber;
        this.surroundings = surroundings;
    }

    /** Called once for each batch, by whoever owns the lane. */
    void count(Tally tally) {
        DeliveryListener listener = surroundings.listener();
        if (!tally.delivered.isEmpty()) {
            Instant now = surroundings.clock().instant();
            for (Queued event : tally.delivered) {
                Duration lag = Duration.between(event.committedAt, now);
                listener.delivered(subscriber, lag.isNegative() ? Duration.ZERO : lag);
            }
        }
        if (!tally.retried.isEmpty()) {
            lastReason = tally.retryReason;
            listener.retried(subscriber, tally.retried.size());
        }
        if (!tally.rejected.isEmpty()) {
            lastReason = tally.rejected.values().iterator().next();
            listener.rejected(subscriber, tally.rejected.size());
        }
    }

    void stored(int events) {
        surroundings.listener().stored(subscriber, events);
    }

    synchronized void failing(int lane, long since, String reason) {
        boolean first = failingSince.isEmpty();
        failingSince.put(lane, since);
        if (first) {
            stoppedAcceptingAt = since;
            log.warn("Subscriber {} stopped accepting: {}. What it has not taken is tried again.", subscriber, reason);
            surroundings.listener().stoppedAccepting(subscriber, reason);
        }
    }

    synchronized void recovered(int lane) {
        failingSince.remove(lane);
        if (failingSince.isEmpty()) {
            Duration outage = Duration.ofNanos(surroundings.nanoTime().getAsLong() - stoppedAcceptingAt);
            log.info("Subscriber {} accepts again after {} ms.", subscriber, outage.toMillis());
            surroundings.listener().acceptsAgain(subscriber, outage);
        }
    }

    /** Everything of a lane goes to the backlog now. */
    synchronized void spills(int lane, String reason) {
        if (spilling.isEmpty()) {
            log.warn(
                    "Subscriber {}: lane {} goes to the backlog, because {}. It is drained in order when the subscriber"
                            + " takes its events again.",
                    subscriber,
                    lane,
                    reason);
        }
        spilling.add(lane);
    }

    /** A lane begins with what is in its backlog. */
    synchronized void drains(int lane) {
        if (spilling.isEmpty()) {
            log.info("Subscriber {} has events in the backlog; they come first.", subscriber);
        }
        spilling.add(lane);
    }

    /** A lane has drained its backlog. */
    synchronized void direct(int lane) {
        if (spilling.remove(lane) && spilling.isEmpty()) {
            log.info("Subscriber {} has caught up with its backlog and gets its events directly.", subscriber);
        }
    }

    synchronized void parked(Queued event, int inLane, int lane) {
        if (parkedAggregates() == 0) {
            log.warn(
                    "Subscriber {} does not take event {} of {}: {}. This aggregate waits in the backlog and is tried"
                            + " again; others go on.",
                    subscriber,
                    event.envelope.id(),
                    event.aggregate(),
                    event.lastReason());
        }
        parked.put(lane, inLane);
    }

    /** So many aggregates of a lane are parked now. */
    synchronized void parked(int lane, int inLane) {
        boolean were = parkedAggregates() > 0;
        parked.put(lane, inLane);
        if (were && parkedAggregates() == 0) {
            log.info("Subscriber {} has no parked aggregate any more.", subscriber);
        }
    }

    synchronized void died(Queued event, String reason) {
        long now = surroundings.nanoTime().getAsLong();
        if (deathLogged && now - deathLoggedAt < DEATHS_LOGGED_EVERY_NANOS) {
            deathsNotLogged++;
            return;
        }
        String more = deathsNotLogged == 0 ? "" : " (and " + deathsNotLogged + " more since the last such line)";
        log.error(
                "Subscriber {} rejected event {} of {}: {}{}. It is dead in the backlog; mend the receiver and run:"
                        + " tidemark backlog retry --config FILE --subscriber {} --id {}, or skip it",
                subscriber,
                event.envelope.id(),
                event.aggregate(),
                reason,
                more,
                subscriber,
                event.envelope.id());
        deathLogged = true;
        deathLoggedAt = now;
        deathsNotLogged = 0;
    }

    synchronized void backlogDoesNotAnswer(int lane, BacklogException e) {
        if (silent.isEmpty()) {
            log.warn(
                    "The backlog of subscriber {} does not answer: {}. Nothing is lost, the slot waits; trying again.",
                    subscriber,
                    e.getMessage());
        }
        silent.put(lane, String.valueOf(e.getMessage()));
    }

    /** The last notes of a lane that ends are lost: what it had delivered from the backlog comes again. */
    void notFinished(int lane, BacklogException e) {
        log.info(
                "Subscriber {}, lane {}: {}; some events of its backlog will come again.",
                subscriber,
                lane,
                e.getMessage());
    }

    synchronized void backlogAnswers(int lane) {
        if (silent.remove(lane) != null && silent.isEmpty()) {
            log.info("The backlog of subscriber {} answers again.", subscriber);
        }
    }

    /** Whether what is to be stored finds room. */
    synchronized void room(boolean enough, Room room) {
        if (!enough && full == null) {
            full = "its backlog is full: " + room;
            log.error(
                    "Subscriber {} takes nothing more: {}. The slot holds its events; mend the receiver, drop what is"
                            + " not wanted, or raise backlog.events or backlog.bytes",
                    subscriber,
                    full);
        } else if (enough && full != null && !room.isFull()) {
            full = null;
            log.info("Subscriber {} has room in its backlog again.", subscriber);
        }
    }

    /** @param halted why nothing is sent any more; asked here, so that no lane tells what is over */
    void halted(Supplier<@Nullable String> halted) {
        String reason;
        boolean news;
        synchronized (this) {
            reason = halted.get();
            news = (reason == null) != (haltedBy == null);
            haltedBy = reason;
        }
        if (news && reason != null) {
            log.error(
                    "Subscriber {} is sent nothing more: {}. Its events go to the backlog; have the receiver take them again"
                            + " and run: tidemark backlog retry --config FILE --subscriber {} --all, or restart the relay;"
                            + " or give it up: tidemark retire --help",
                    subscriber,
                    reason,
                    subscriber);
        } else if (news) {
            log.info("Subscriber {} is sent events again.", subscriber);
        }
    }

    void fenced(BacklogException e) {
        log.warn("Subscriber {} stops: {}", subscriber, e.getMessage());
    }

    /** The lane's thread ends with this. */
    void broken(int lane, @Nullable Throwable bug) {
        surroundings
                .onBug()
                .accept(new IllegalStateException(
                        "the sink of subscriber " + subscriber + " broke its promise in lane " + lane + ": "
                                + (bug == null ? "" : bug.getMessage()),
                        bug));
    }

    /** The lane's thread ends with this, and it is not the sink's doing. */
    void stuck(int lane, Throwable bug) {
        String message = "lane " + lane + " of subscriber " + subscriber + " cannot go on: " + bug;
        surroundings.onBug().accept(new IllegalStateException(message, bug));
    }

    synchronized SubscriberHealth health(int unsettled, Room room) {
        Duration failingFor = failingSince.isEmpty()
                ? null
                : Duration.ofNanos(surroundings.nanoTime().getAsLong() - earliest());
        String problem = silent.isEmpty()
                ? full
                : "its backlog does not answer: " + silent.values().iterator().next();
        return new SubscriberHealth(
                subscriber,
                unsettled,
                failingFor,
                lastReason,
                haltedBy,
                !spilling.isEmpty(),
                parkedAggregates(),
                room.waiting(),
                room.dead(),
                problem);
    }

    private int parkedAggregates() {
        return parked.values().stream().mapToInt(Integer::intValue).sum();
    }

    private long earliest() {
        return Collections.min(failingSince.values(), (a, b) -> Long.signum(a - b));
    }
}
