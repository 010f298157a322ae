package dev.tidemark.inbox.cli;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** One event, whole. */
@Command(
        name = "show",
        mixinStandardHelpOptions = true,
        description = "Shows one event whole, as a CloudEvent in JSON, with its payload.")
final class ShowCommand implements Callable<Integer> {

    @Mixin
    private InboxOptions options = new InboxOptions();

    @Parameters(paramLabel = "DELIVERY", description = "As list shows it.")
    @SuppressWarnings("NullAway.Init") // required
    private String delivery;

    @Override
    public Integer call() throws Exception {
        Optional<Envelope> event = options.admin().event(delivery);
        if (event.isEmpty()) {
            options.out()
                    .println("No event " + Shown.text(delivery) + " is kept by the inbox of " + options.consumer()
                            + ": it was handled, or never came.");
            options.out().flush();
            return InboxCommand.NOTHING;
        }
        options.out().println(new String(CloudEventsJson.write(event.get()), StandardCharsets.UTF_8));
        options.out().flush();
        return InboxCommand.OK;
    }
}
