package dev.tidemark.inbox.cli;

import dev.tidemark.inbox.InboxAdmin;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** How much is kept. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Says how many events wait and how many are dead. Counts every row.",
        footer = {"", "With --json: {consumer, waiting, dead, aggregates}"})
final class StatusCommand implements Callable<Integer> {

    @Mixin
    private InboxOptions options = new InboxOptions();

    @Override
    public Integer call() throws Exception {
        InboxAdmin.Counts counts = options.admin().count();
        if (options.json()) {
            Shown.json(options.out(), json -> {
                json.writeStartObject();
                json.writeStringField("consumer", options.consumer());
                json.writeNumberField("waiting", counts.waiting());
                json.writeNumberField("dead", counts.dead());
                json.writeNumberField("aggregates", counts.aggregates());
                json.writeEndObject();
            });
        } else {
            options.out()
                    .printf(
                            "%s: %d waiting, %d dead, of %d aggregates%n",
                            options.consumer(), counts.waiting(), counts.dead(), counts.aggregates());
            options.out().flush();
        }
        return InboxCommand.OK;
    }
}
