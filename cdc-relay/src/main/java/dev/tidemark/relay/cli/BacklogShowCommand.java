package dev.tidemark.relay.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tidemark.relay.backlog.Exhibit;
import dev.tidemark.relay.backlog.State;
import dev.tidemark.relay.backlog.Stored;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** One event, whole. */
@Command(
        name = "show",
        header = "Show one event: its envelope, why it is there, what waits behind it.",
        description = {
            "",
            "The payload is left out unless it is asked for: it may hold what not everybody should see.",
            ""
        },
        footer = {
            "",
            "With --json: the fields of list, and behind (how many events of its aggregate wait behind it), envelope"
                    + " (CloudEvents attributes; with --payload its data or data_base64 too; null if not kept), raw"
                    + " (with --payload, of what could not be decoded; otherwise null)",
            "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, or no such subscriber, 4 no such event"
        })
final class BacklogShowCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private BacklogOptions options = new BacklogOptions();

    @Option(names = "--subscriber", required = true, paramLabel = "NAME", description = "Whose backlog.")
    @SuppressWarnings("NullAway.Init") // required
    private String subscriber;

    @Option(names = "--id", required = true, paramLabel = "UUID", description = "Of the event; see list.")
    @SuppressWarnings("NullAway.Init") // required
    private UUID id;

    @Option(names = "--payload", description = "Show the payload too, or what there is of an undecodable event.")
    private boolean payload;

    @Override
    public Integer call() throws Exception {
        return options.run(backlog -> {
            options.requireKnown(backlog, subscriber);
            Optional<Exhibit> found = backlog.show(subscriber, id);
            PrintWriter out = spec.commandLine().getOut();
            if (found.isEmpty()) {
                spec.commandLine().getErr().println("The backlog of " + subscriber + " does not have event " + id);
                return Exit.NOTHING;
            }
            if (options.json()) {
                Json.print(out, json(found.get()));
            } else {
                print(found.get(), out);
            }
            return Exit.OK;
        });
    }

    private ObjectNode json(Exhibit exhibit) {
        ObjectNode json = StoredText.json(exhibit.event()).put("behind", exhibit.behind());
        json.set("envelope", envelope(exhibit).orElse(null));
        json.put("raw", payload ? exhibit.raw() : null);
        return json;
    }

    private Optional<ObjectNode> envelope(Exhibit exhibit) {
        return Optional.ofNullable(exhibit.envelope())
                .flatMap(Json::parse)
                .filter(JsonNode::isObject)
                .map(ObjectNode.class::cast)
                .map(envelope -> payload ? envelope : envelope.<ObjectNode>without(List.of("data", "data_base64")));
    }

    private void print(Exhibit exhibit, PrintWriter out) {
        Stored event = exhibit.event();
        field(out, "id", event.id());
        field(out, "aggregate", StoredText.aggregate(event));
        field(out, "state", StoredText.state(event) + ", " + event.cause());
        field(out, "position", event.position());
        field(out, "behind it", exhibit.behind() + " waiting of the same aggregate");
        field(out, "attempts", event.attempts());
        field(out, "reason", event.reason() == null ? "-" : event.reason());
        field(out, "committed", event.committedAt());
        field(out, "stored", event.storedAt());
        if (event.settledAt() != null) {
            field(out, "settled", event.settledAt());
        }
        field(out, "size", event.bytes() + " bytes");
        Optional<ObjectNode> envelope = envelope(exhibit);
        envelope.ifPresent(attributes -> attributes(attributes, out));
        kept(exhibit, envelope, out);
        out.flush();
    }

    private static void attributes(ObjectNode envelope, PrintWriter out) {
        out.println("envelope");
        for (Map.Entry<String, JsonNode> attribute : envelope.properties()) {
            if (!attribute.getKey().startsWith("data") || attribute.getKey().matches("datacontenttype|dataschema")) {
                field(out, "  " + attribute.getKey(), attribute.getValue().asText());
            }
        }
    }

    private void kept(Exhibit exhibit, Optional<ObjectNode> envelope, PrintWriter out) {
        if (exhibit.event().state() == State.SETTLED) {
            out.println("It is settled: only its key is kept, until the slot has durably passed it.");
        } else if (!payload) {
            out.println("payload        not shown; use --payload");
        } else if (exhibit.raw() != null) {
            out.println("raw");
            lines(exhibit.raw(), out);
        } else {
            JsonNode data = envelope.map(e -> e.path(e.has("data") ? "data" : "data_base64"))
                    .orElse(Json.object().path("data"));
            out.println("payload");
            lines(data.isMissingNode() ? "(none: a tombstone)" : Json.text(data), out);
        }
    }

    private static void field(PrintWriter out, String name, Object value) {
        out.println(String.format("%-14s ", name) + Plain.text(value.toString()));
    }

    private static void lines(String text, PrintWriter out) {
        text.lines().forEach(line -> out.println(Plain.text(line)));
    }
}
