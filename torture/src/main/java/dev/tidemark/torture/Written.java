package dev.tidemark.torture;

import dev.tidemark.envelope.Aggregate;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An event that a writer has put into the outbox, in a transaction that may still fail.
 *
 * @param version of the aggregate; null if it is not known, because the statement failed
 */
record Written(UUID id, Aggregate aggregate, @Nullable Long version) {}
