package dev.tidemark.inbox.directory;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Directory} found, where, and how old it is.
 *
 * @param value empty if there is no such thing
 * @param version of its aggregate; 0 if that is not known, or there is no value
 * @param age of the owner's answer, the time since it was asked; of the replica's, the age of the newest event of the
 *     read model, which is an estimate: see {@link dev.tidemark.inbox.Freshness}; null if the replica has heard of nothing
 *     since this process started
 * @param stale whether it may be older than was asked for, or from before the receipt: the owner could not be asked, or is
 *     itself behind the receipt
 * @param reason why it is stale, or null; for people, without secrets
 */
public record Found<V>(
        Optional<V> value,
        long version,
        Origin origin,
        @Nullable Duration age,
        boolean stale,
        @Nullable String reason) {}
