package dev.tidemark.inbox;

import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which of the events that an inbox keeps: those to which all that is given applies.
 *
 * @param ids of events; empty for any
 * @param aggregate such as {@code order/42}, of every source and tenant; null for any
 * @param reason a text that the last failure has in it, in the same letters; null for any
 */
public record KeptSelection(
        Set<UUID> ids, @Nullable String aggregate, @Nullable String reason) {

    /** All of them. */
    public static final KeptSelection ALL = new KeptSelection(Set.of(), null, null);

    private static final Pattern AGGREGATE = Pattern.compile("[^/]+/.+", Pattern.DOTALL);

    /** @throws IllegalArgumentException if the aggregate is no type and id with a slash between, or the reason is empty */
    public KeptSelection {
        ids = Set.copyOf(ids);
        if (aggregate != null && !AGGREGATE.matcher(aggregate).matches()) {
            throw new IllegalArgumentException(
                    "an aggregate must be its type, a slash and its id, such as order/42, but was: " + aggregate);
        }
        if (reason != null && reason.isEmpty()) {
            throw new IllegalArgumentException("a reason must have at least one letter");
        }
    }
}
