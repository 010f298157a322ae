package dev.tidemark.inbox;

import dev.tidemark.envelope.Aggregate;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntPredicate;

/** Who waits in this process for what the inbox handles. Safe for many threads. */
final class Arrivals {

    private final ConcurrentMap<Aggregate, Set<Waiter>> waiters = new ConcurrentHashMap<>();
    private final List<FreshnessMeter> meters = new CopyOnWriteArrayList<>();
    private final List<RemoteArrivals> remotes = new CopyOnWriteArrayList<>();

    /** Somebody who waits for one aggregate. */
    final class Waiter implements AutoCloseable {

        private final Aggregate aggregate;
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private boolean news; // guarded by the lock, as the next
        private long version;
        private List<RemoteArrivals> announcedTo = List.of(); // for the thread that waits

        private Waiter(Aggregate aggregate) {
            this.aggregate = aggregate;
        }

        /** Has other processes tell too, if this one listens. */
        void announce() {
            if (announcedTo.isEmpty()) {
                announcedTo = List.copyOf(remotes);
                announcedTo.forEach(remote -> remote.want(Bucket.of(aggregate)));
            }
        }

        /**
         * Until there is news, or for so long.
         *
         * @return a version that is handled; 0 if none is known to be, and one has to look
         */
        long await(long nanos) throws InterruptedException {
            lock.lock();
            try {
                long left = nanos;
                while (!news && left > 0) {
                    left = changed.awaitNanos(left);
                }
                news = false;
                return version;
            } finally {
                lock.unlock();
            }
        }

        private void tell(long handled) {
            lock.lock();
            try {
                version = Math.max(version, handled);
                news = true;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() {
            waiters.computeIfPresent(aggregate, (key, all) -> {
                all.remove(this);
                return all.isEmpty() ? null : all;
            });
            announcedTo.forEach(remote -> remote.wantNoMore(Bucket.of(aggregate)));
        }
    }

    /** Whoever looks after this misses nothing. */
    Waiter enter(Aggregate aggregate) {
        Waiter waiter = new Waiter(aggregate);
        waiters.compute(aggregate, (key, known) -> {
            Set<Waiter> all = known == null ? ConcurrentHashMap.newKeySet() : known;
            all.add(waiter);
            return all;
        });
        return waiter;
    }

    /** How many wait for it, for tests. */
    int waiting(Aggregate aggregate) {
        Set<Waiter> waiting = waiters.get(aggregate);
        return waiting == null ? 0 : waiting.size();
    }

    /** The transaction that has it is committed. */
    void committed(Handled handled, Instant now) {
        if (!handled.outcome().applied() && handled.outcome() != Outcome.DUPLICATE) {
            return;
        }
        Long version = handled.event().aggregateVersion();
        Set<Waiter> waiting = waiters.get(handled.event().aggregate());
        if (version != null && waiting != null) {
            waiting.forEach(waiter -> waiter.tell(version));
        }
        meters.forEach(meter -> meter.committed(handled, now));
    }

    /** Something of these buckets may have been handled. */
    void lookAgain(IntPredicate buckets) {
        waiters.forEach((aggregate, waiting) -> {
            if (buckets.test(Bucket.of(aggregate))) {
                waiting.forEach(waiter -> waiter.tell(0));
            }
        });
    }

    void measure(FreshnessMeter meter) {
        meters.add(meter);
    }

    void attach(RemoteArrivals remote) {
        remotes.add(remote);
    }

    void detach(RemoteArrivals remote) {
        remotes.remove(remote);
    }
}
