package dev.tidemark.inbox.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.inbox.KeptEvent;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How events are shown to people and to programs. */
final class Shown {

    private static final JsonFactory JSON = new JsonFactory();
    private static final int MOST_REASON = 100;

    private Shown() {}

    interface Writing {
        void write(JsonGenerator json) throws IOException;
    }

    /** One line of JSON. */
    static void json(PrintWriter out, Writing writing) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            writing.write(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // nothing is written to
        }
        out.println(text);
        out.flush();
    }

    static void event(JsonGenerator json, KeptEvent event) throws IOException {
        json.writeStartObject();
        json.writeStringField("delivery", event.delivery());
        json.writeStringField("state", event.dead() ? "dead" : "waiting");
        json.writeStringField("source", event.aggregate().source());
        json.writeStringField("tenantid", event.aggregate().tenantId());
        json.writeStringField("aggregatetype", event.aggregate().type());
        json.writeStringField("aggregateid", event.aggregate().id());
        number(json, "aggregateversion", event.version());
        json.writeNumberField("sourceepoch", event.epoch());
        json.writeStringField("type", event.type());
        number(json, "missing", event.missing());
        json.writeStringField("since", event.since().toString());
        json.writeNumberField("attempts", event.attempts());
        json.writeStringField("reason", event.reason());
        json.writeBooleanField("retry", event.retry());
        json.writeEndObject();
    }

    private static void number(JsonGenerator json, String name, @Nullable Long value) throws IOException {
        if (value == null) {
            json.writeNullField(name);
        } else {
            json.writeNumberField(name, value);
        }
    }

    static void table(PrintWriter out, List<KeptEvent> events) {
        out.printf("%-37s %-8s %-32s %-24s %6s  %s%n", "DELIVERY", "STATE", "AGGREGATE", "TYPE", "TRIED", "WHY");
        for (KeptEvent event : events) {
            out.printf(
                    "%-37s %-8s %-32s %-24s %6d  %s%n",
                    text(event.delivery()),
                    event.retry() ? "retry" : event.dead() ? "dead" : "waiting",
                    text(event.aggregate() + (event.version() == null ? "" : "@" + event.version())),
                    text(event.type()),
                    event.attempts(),
                    why(event));
        }
        out.flush();
    }

    private static String why(KeptEvent event) {
        String reason = event.reason();
        if (reason != null) {
            return text(reason.length() > MOST_REASON ? reason.substring(0, MOST_REASON) + "…" : reason);
        }
        return event.missing() == null ? "behind another" : "version " + event.missing() + " is missing";
    }

    static String line(Envelope event) {
        return text(event.toString());
    }

    /** Text of strangers on one line, with nothing that steers a terminal. */
    static String text(String text) {
        StringBuilder plain = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                plain.append(String.format("\\u%04x", c));
            } else {
                plain.appendCodePoint(c);
            }
        });
        return plain.toString();
    }
}
