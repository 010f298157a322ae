package dev.tidemark.relay.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tidemark.relay.backlog.Stored;
import java.util.Locale;

/** Events of the backlog, as text and as JSON whose fields are named as the columns of {@code tidemark.backlog}. */
final class StoredText {

    private StoredText() {}

    /** Such as {@code orders/order/42@7}; with a tenant, {@code orders/acme/order/42@7}. */
    static String aggregate(Stored event) {
        if (event.aggregateType().isEmpty()) {
            return "(not decoded)";
        }
        String tenant = event.tenantId().isEmpty() ? "" : event.tenantId() + "/";
        String version = event.version() == null ? "" : "@" + event.version();
        return event.source() + "/" + tenant + event.aggregateType() + "/" + event.aggregateId() + version;
    }

    static String state(Stored event) {
        return event.outcome() == null ? event.state().name().toLowerCase(Locale.ROOT) : event.outcome();
    }

    static ObjectNode json(Stored event) {
        return Json.object()
                .put("position", event.position())
                .put("id", event.id().toString())
                .put("state", event.state().name().toLowerCase(Locale.ROOT))
                .put("cause", event.cause())
                .put("outcome", event.outcome())
                .put("source", event.source())
                .put("tenantid", event.tenantId())
                .put("aggregatetype", event.aggregateType())
                .put("aggregateid", event.aggregateId())
                .put("aggregateversion", event.version())
                .put("type", event.type())
                .put("bytes", event.bytes())
                .put("attempts", event.attempts())
                .put("reason", event.reason())
                .put("committed_at", event.committedAt().toString())
                .put("stored_at", event.storedAt().toString())
                .put(
                        "settled_at",
                        event.settledAt() == null ? null : event.settledAt().toString());
    }
}
