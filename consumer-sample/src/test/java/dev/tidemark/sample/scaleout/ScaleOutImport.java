package dev.tidemark.sample.scaleout;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.outbox.OutboxEvent;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.HistoryChecker;
import dev.tidemark.testkit.Outcome;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.UUID;
import org.postgresql.PGConnection;

/**
 * Many events by one COPY that names all columns. Such rows stand in the log many at one position, and of those a position
 * that Connect has stored cannot tell which were sent.
 */
record ScaleOutImport(int rows) {

    static final String TYPE = "import";

    private static final String SOURCE = "shop";
    private static final String EVENT = "row-imported";

    void copyInto(Database database, Map<UUID, Envelope> written, HistoryChecker history)
            throws SQLException, IOException {
        StringBuilder csv = new StringBuilder();
        for (int i = 0; i < rows; i++) {
            OutboxEvent event = OutboxEvent.of(TYPE, "row-" + i, EVENT, Integer.toString(i));
            csv.append(event.id()).append(',').append(SOURCE).append(',').append(TYPE);
            csv.append(',')
                    .append(event.aggregateId())
                    .append(',')
                    .append(EVENT)
                    .append(',');
            csv.append(i).append(',').append(event.occurredAt()).append('\n');
            Envelope envelope = envelope(event, i);
            written.put(envelope.id(), envelope);
            history.wrote(envelope.id(), envelope.aggregate().toString(), null, Outcome.COMMITTED);
        }
        try (Connection connection = database.connect()) {
            connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn(
                            "copy outbox (id, source, aggregatetype, aggregateid, type, payload, occurredat)"
                                    + " from stdin (format csv)",
                            new StringReader(csv.toString()));
        }
    }

    private static Envelope envelope(OutboxEvent event, int row) {
        return Envelope.builder()
                .id(event.id())
                .aggregate(new Aggregate(SOURCE, "", TYPE, event.aggregateId()))
                .type(EVENT)
                .dataSchema(Envelope.defaultDataSchema(SOURCE, EVENT, 1))
                .time(event.occurredAt())
                .data("application/json", Integer.toString(row).getBytes(StandardCharsets.UTF_8))
                .build();
    }
}
