package dev.tidemark.relay.deliver;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The subscribers of one run, which share what may be in flight. */
public final class Peers {

    private final List<Subscriber> all = new CopyOnWriteArrayList<>();

    void add(Subscriber subscriber) {
        all.add(subscriber);
    }

    /** Whether some other subscriber would get on if this one held less. */
    boolean anyAheadOf(Subscriber one) {
        return all.stream().anyMatch(other -> other != one && !other.isBehind());
    }
}
