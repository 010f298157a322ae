package dev.tidemark.inbox.cli;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.inbox.InboxAdmin;
import dev.tidemark.inbox.KeptSelection;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
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
                    + " on. They are gone from the inbox then; --json prints them whole, to be kept. One is refused while an"
                    + " earlier event of its aggregate is dead and not skipped with it, or waits.",
            ""
        },
        footer = {
            "",
            "With --json: each event, as a CloudEvent in JSON on a line of its own, before it is passed over: if the command"
                    + " fails, the last line may be of one that is dead still. What was refused is"
                    + " on the standard error, and the exit code 1 then."
        })
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
        InboxAdmin.Skipped skipped = options.admin().skip(selected, this::print);
        for (InboxAdmin.Refused refused : skipped.refused()) {
            options.err().println(refusal(refused));
        }
        options.err().flush();
        boolean none = skipped.count() == 0 && skipped.refused().isEmpty();
        if (none && !options.json()) {
            options.out().println("No dead event of " + options.consumer() + " matches.");
        }
        options.out().flush();
        if (!skipped.refused().isEmpty()) {
            return InboxCommand.FAILED;
        }
        return none ? InboxCommand.NOTHING : InboxCommand.OK;
    }

    /** Before the inbox forgets it. */
    private void print(Envelope event) {
        PrintWriter out = options.out();
        out.println(
                options.json()
                        ? new String(CloudEventsJson.write(event), StandardCharsets.UTF_8)
                        : "skipped " + Shown.line(event));
        if (out.checkError()) {
            String message =
                    "the standard output cannot be written, so this event and those behind it are dead as before: "
                            + Shown.line(event);
            throw new UncheckedIOException(message, new IOException(message));
        }
    }

    private static String refusal(InboxAdmin.Refused refused) {
        InboxAdmin.Earlier before = refused.earlier();
        if (before == null) {
            return "not skipped " + Shown.line(refused.event())
                    + ": another transaction is busy with its aggregate; try again";
        }
        String earlier = before.delivery();
        String todo = before.dead()
                ? "is dead before it; first: tidemark inbox retry (or skip) --id " + earlier.split("/", 2)[0]
                : "waits before it, and is handled by a running consumer when its turn has come; what it waits for: "
                        + "tidemark inbox list --aggregate "
                        + refused.event().aggregate().type() + "/"
                        + refused.event().aggregate().id();
        return "not skipped " + Shown.line(refused.event()) + ": version " + before.version() + ", "
                + Shown.text(earlier + ", " + todo);
    }
}
