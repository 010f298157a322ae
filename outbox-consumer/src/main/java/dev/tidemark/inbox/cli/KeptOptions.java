package dev.tidemark.inbox.cli;

import dev.tidemark.inbox.KeptSelection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which events. */
final class KeptOptions {

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
            description = "Dead events whose last failure has this text in it, in the same letters.")
    private @Nullable String reason;

    KeptSelection selection(InboxOptions options) {
        try {
            return new KeptSelection(ids, aggregate, reason);
        } catch (IllegalArgumentException e) {
            throw options.misused(String.valueOf(e.getMessage()));
        }
    }

    /** @param all whether {@code --all} was given, which stands for any */
    KeptSelection selection(InboxOptions options, boolean all) {
        boolean empty = ids.isEmpty() && aggregate == null && reason == null;
        if (empty != all) {
            throw options.misused(
                    all
                            ? "--all goes without --id, --aggregate and --reason"
                            : "which events? Give --id UUID (several times if need be), --aggregate TYPE/ID, --reason"
                                    + " TEXT, or --all");
        }
        return selection(options);
    }
}
