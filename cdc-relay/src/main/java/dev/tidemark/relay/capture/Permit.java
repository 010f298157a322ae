package dev.tidemark.relay.capture;

/** Who has a say, besides the subscribers, in how far the slot may be told. */
@FunctionalInterface
public interface Permit {

    /**
     * Whether everything up to {@code commit}, which is settled, may be acknowledged. If not yet, the same is asked
     * again. Asked on the feed's thread at every turn: it must not wait.
     */
    boolean allows(Lsn commit);
}
