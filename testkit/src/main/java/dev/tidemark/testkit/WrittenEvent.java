package dev.tidemark.testkit;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An event as its writer knows it.
 *
 * @param aggregate the whole of it as text, such as {@code orders/order/42}: events that share it are ordered
 * @param version 1, 2, 3 … within the aggregate; null for an unversioned one, whose order is not checked
 */
public record WrittenEvent(
        UUID id, String aggregate, @Nullable Long version, Outcome outcome) {

    /** Such as {@code orders/order/42@7 (01a1fb67-…)}. */
    @Override
    public String toString() {
        return aggregate + (version == null ? "" : "@" + version) + " (" + id + ")";
    }
}
