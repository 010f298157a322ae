package dev.tidemark.bench;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

/** System B: an embedded Debezium engine with a handler that does nothing, and with the relay's settings. */
final class BareEngine implements AutoCloseable {

    private static final long ENDS_WITHIN_SECONDS = 30;

    private final DebeziumEngine<RecordChangeEvent<SourceRecord>> engine;
    private final ExecutorService thread = Executors.newSingleThreadExecutor();

    private BareEngine(DebeziumEngine<RecordChangeEvent<SourceRecord>> engine) {
        this.engine = engine;
    }

    static BareEngine start(Measured measured, Arrivals arrivals) {
        DebeziumEngine<RecordChangeEvent<SourceRecord>> engine = DebeziumEngine.create(
                        ChangeEventFormat.of(Connect.class))
                .using(properties(measured))
                .notifying((records, committer) -> handle(records, committer, arrivals))
                .build();
        BareEngine system = new BareEngine(engine);
        system.thread.execute(engine);
        return system;
    }

    private static void handle(
            List<RecordChangeEvent<SourceRecord>> records,
            RecordCommitter<RecordChangeEvent<SourceRecord>> committer,
            Arrivals arrivals)
            throws InterruptedException {
        for (RecordChangeEvent<SourceRecord> record : records) {
            if (record.record().value() instanceof Struct value
                    && value.schema().field("after") != null
                    && value.getStruct("after") != null) {
                byte[] payload = value.getStruct("after").getString("payload").getBytes(StandardCharsets.ISO_8859_1);
                arrivals.arrived(Workload.numberIn(payload, 0));
            }
        }
        committer.markProcessed(records.get(records.size() - 1));
        committer.markBatchFinished();
    }

    private static Properties properties(Measured measured) {
        URI url = URI.create(measured.url().substring("jdbc:".length()));
        Properties p = new Properties();
        p.setProperty("name", "bench");
        p.setProperty("topic.prefix", "bench");
        p.setProperty("connector.class", "io.debezium.connector.postgresql.PostgresConnector");
        p.setProperty("database.hostname", url.getHost());
        p.setProperty("database.port", Integer.toString(url.getPort()));
        p.setProperty("database.dbname", url.getPath().substring(1));
        p.setProperty("database.user", measured.user());
        p.setProperty("database.password", measured.password());
        p.setProperty("plugin.name", "pgoutput");
        p.setProperty("publication.name", "tidemark_outbox");
        p.setProperty("publication.autocreate.mode", "disabled");
        p.setProperty("slot.name", measured.slot());
        p.setProperty("snapshot.mode", "no_data");
        p.setProperty("table.include.list", "public\\.outbox");
        p.setProperty("tombstones.on.delete", "false");
        p.setProperty("offset.storage", "org.apache.kafka.connect.storage.MemoryOffsetBackingStore");
        p.setProperty("offset.flush.interval.ms", "200");
        p.setProperty("poll.interval.ms", "5");
        p.setProperty("max.batch.size", "2048");
        p.setProperty("max.queue.size", "8192");
        p.setProperty("heartbeat.interval.ms", "1000");
        p.setProperty("record.processing.threads", "1");
        return p;
    }

    @Override
    public void close() throws IOException {
        engine.close();
        thread.shutdown();
        try {
            thread.awaitTermination(ENDS_WITHIN_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
