package dev.tidemark.relay.cli;

import dev.tidemark.relay.backlog.Selection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which events. */
final class SelectionOptions {

    @Option(names = "--id", paramLabel = "UUID", description = "This event; may be given several times.")
    private Set<UUID> ids = new LinkedHashSet<>();

    @Option(
            names = "--aggregate",
            paramLabel = "TYPE/ID",
            description = "Events of this aggregate, such as order/42, of every source and tenant.")
    private @Nullable String aggregate;

    @Option(
            names = "--reason",
            paramLabel = "TEXT",
            description = "Events whose last failure has this text in it, in the same letters.")
    private @Nullable String reason;

    boolean isEmpty() {
        return ids.isEmpty() && aggregate == null && reason == null;
    }

    /** @throws IllegalArgumentException if they do not go together */
    Selection selection() {
        return new Selection(ids, aggregate, reason);
    }
}
