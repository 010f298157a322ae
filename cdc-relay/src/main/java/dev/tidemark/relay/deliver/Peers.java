package dev.tidemark.relay.deliver;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The subscribers of one run, which share what may be in flight, and what memory is to spare. */
public final class Peers {

    private final List<Subscriber> all = new CopyOnWriteArrayList<>();
    private final Spare spare;

    /** @param readAheadBytes what they may read ahead in their backlogs, all together; not negative */
    public Peers(long readAheadBytes) {
        this.spare = new Spare(readAheadBytes);
    }

    Spare spare() {
        return spare;
    }

    void add(Subscriber subscriber) {
        all.add(subscriber);
    }

    /** Whether some other subscriber would get on if this one held less. */
    boolean anyAheadOf(Subscriber one) {
        return all.stream().anyMatch(other -> other != one && !other.isBehind());
    }
}
