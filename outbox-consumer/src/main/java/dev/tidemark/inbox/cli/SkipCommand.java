package dev.tidemark.inbox.cli;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.inbox.KeptSelection;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** For good. */
@Command(
        name = "skip",
        mixinStandardHelpOptions = true,
        description = {
            "Passes over dead events for good: they count as handled though they never were, and what waits behind them goes"
                    + " on. They are gone from the inbox then; --json prints them whole, to be kept.",
            ""
        },
        footer = {"", "With --json: each event that was passed over, as a CloudEvent in JSON on a line of its own"})
final class SkipCommand implements Callable<Integer> {

    @Mixin
    private InboxOptions options = new InboxOptions();

    @Mixin
    private KeptOptions selection = new KeptOptions();

    @Option(names = "--all", description = "All dead events of the consumer.")
    private boolean all;

    @Override
    public Integer call() throws Exception {
        KeptSelection selected = selection.selection(options, all);
        List<Envelope> skipped = options.admin().skip(selected);
        for (Envelope event : skipped) {
            options.out()
                    .println(
                            options.json()
                                    ? new String(CloudEventsJson.write(event), StandardCharsets.UTF_8)
                                    : "skipped " + Shown.line(event));
        }
        if (skipped.isEmpty() && !options.json()) {
            options.out().println("No dead event of " + options.consumer() + " matches.");
        }
        options.out().flush();
        return skipped.isEmpty() ? InboxCommand.NOTHING : InboxCommand.OK;
    }
}
