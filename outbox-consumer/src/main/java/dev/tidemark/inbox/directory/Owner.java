package dev.tidemark.inbox.directory;

import java.io.IOException;
import java.util.Optional;

/**
 * Asks the service that owns something. Asked as this service and not as one of its users: who asks for the same key at
 * the same time gets the same answer. {@link HttpOwner} is one.
 */
@FunctionalInterface
public interface Owner<K, V> {

    /**
     * What the owner has now; empty if there is nothing of that key.
     *
     * @throws UnusableAnswer if it answered, and asking again would not change it
     * @throws IOException if it did not answer, or could not: it is asked again, and then taken to be down
     * @throws InterruptedException if it took too long, or nobody waits any more
     */
    Optional<Copy<V>> ask(K key) throws IOException, InterruptedException;
}
