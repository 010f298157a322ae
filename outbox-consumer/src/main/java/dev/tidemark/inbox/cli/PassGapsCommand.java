package dev.tidemark.inbox.cli;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.inbox.KeptSelection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Without what is missing. */
@Command(
        name = "pass-gaps",
        mixinStandardHelpOptions = true,
        description = {
            "Has what waits handled without what is missing before it, which is given up for good. Better is a replay of the"
                    + " aggregate, or its state, which close the gap: see tidemark replay and tidemark bootstrap.",
            ""
        },
        footer = {"", "With --json: {\"aggregates\": [{source, tenantid, aggregatetype, aggregateid}]}"})
final class PassGapsCommand implements Callable<Integer> {

    @Mixin
    private InboxOptions options = new InboxOptions();

    @Option(
            names = "--aggregate",
            paramLabel = "TYPE/ID",
            description = "The gap of this aggregate, such as order/42, of every source and tenant.")
    private @Nullable String aggregate;

    @Option(names = "--all", description = "The gaps of all aggregates.")
    private boolean all;

    @Override
    public Integer call() throws Exception {
        if (all == (aggregate != null)) {
            throw options.misused("give --aggregate TYPE/ID, or --all");
        }
        List<Aggregate> passed = options.admin().passGaps(selection());
        if (options.json()) {
            Shown.json(options.out(), json -> {
                json.writeStartObject();
                json.writeArrayFieldStart("aggregates");
                for (Aggregate one : passed) {
                    json.writeStartObject();
                    json.writeStringField("source", one.source());
                    json.writeStringField("tenantid", one.tenantId());
                    json.writeStringField("aggregatetype", one.type());
                    json.writeStringField("aggregateid", one.id());
                    json.writeEndObject();
                }
                json.writeEndArray();
                json.writeEndObject();
            });
        } else if (passed.isEmpty()) {
            options.out().println("Nothing of " + options.consumer() + " that matches waits for what is missing.");
        } else {
            passed.forEach(one -> options.out().println("passed the gap of " + Shown.text(one.toString())));
        }
        options.out().flush();
        return passed.isEmpty() ? InboxCommand.NOTHING : InboxCommand.OK;
    }

    private KeptSelection selection() {
        try {
            return new KeptSelection(Set.of(), aggregate, null);
        } catch (IllegalArgumentException e) {
            throw options.misused(String.valueOf(e.getMessage()));
        }
    }
}
