package dev.tidemark.inbox.directory;

import java.sql.SQLException;
import java.util.Optional;

/** Reads one row of a read model, in the database that its events are applied to. */
@FunctionalInterface
public interface Replica<K, V> {

    /** The row with its version; empty if there is none. */
    Optional<Copy<V>> find(K key) throws SQLException;
}
