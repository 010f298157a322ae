package dev.tidemark.relay.capture;

import dev.tidemark.envelope.CloudEventsHttp;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** From a record of the engine to an envelope, and from that to what travels. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
@SuppressWarnings("NullAway.Init") // set up by JMH
public class DecodeBenchmark {

    private static final List<String> TEXTS = List.of(
            "id", "source", "tenantid", "aggregatetype", "aggregateid", "type", "datacontenttype", "occurredat");
    private static final List<String> OPTIONAL_TEXTS = List.of("payload", "traceparent", "headers");

    /** Of the payload. */
    @Param({"200", "2000", "20000"})
    private int bytes;

    private RecordDecoder decoder;
    private SourceRecord record;
    private Envelope envelope;
    private byte[] json;

    /** Makes a record as Debezium gives it. */
    @Setup
    public void prepare() {
        decoder = new RecordDecoder(new EventDecoder(new WireNames("", ""), source -> 0));
        SchemaBuilder row = SchemaBuilder.struct().optional();
        TEXTS.forEach(name -> row.field(name, Schema.STRING_SCHEMA));
        OPTIONAL_TEXTS.forEach(name -> row.field(name, Schema.OPTIONAL_STRING_SCHEMA));
        Schema after = row.field("aggregateversion", Schema.OPTIONAL_INT64_SCHEMA)
                .field("schemaversion", Schema.INT32_SCHEMA)
                .build();
        Schema source = SchemaBuilder.struct()
                .field("lsn", Schema.INT64_SCHEMA)
                .field("ts_us", Schema.INT64_SCHEMA)
                .build();
        Schema value = SchemaBuilder.struct()
                .field("after", after)
                .field("source", source)
                .field("op", Schema.STRING_SCHEMA)
                .build();
        Struct change = new Struct(value)
                .put("after", event(new Struct(after)))
                .put("source", new Struct(source).put("lsn", 4711L).put("ts_us", 1_763_700_000_000_000L))
                .put("op", "c");
        record = new SourceRecord(Map.of(), Map.of(), "bench", value, change);
        envelope = decoded();
        json = CloudEventsJson.write(envelope);
    }

    private Struct event(Struct after) {
        return after.put("id", "019aa0f5-7c00-7000-8000-000000000001")
                .put("source", "orders")
                .put("tenantid", "")
                .put("aggregatetype", "order")
                .put("aggregateid", "a-4711")
                .put("aggregateversion", 42L)
                .put("type", "order-placed")
                .put("schemaversion", 1)
                .put("datacontenttype", "application/json")
                .put("occurredat", "2026-11-21T12:00:00.123456Z")
                .put("payload", "{\"fill\":\"" + "x".repeat(bytes - 11) + "\"}");
    }

    private Envelope decoded() {
        Change change = decoder.decode(record);
        if (change == null || change.envelope() == null) {
            throw new IllegalStateException("the record is no event: " + change);
        }
        return change.envelope();
    }

    /** From a record to a change. */
    @Benchmark
    public @Nullable Object decode() {
        return decoder.decode(record);
    }

    /** To structured CloudEvents JSON. */
    @Benchmark
    public byte[] writeJson() {
        return CloudEventsJson.write(envelope);
    }

    /** From structured CloudEvents JSON, as consumers do. */
    @Benchmark
    public Envelope readJson() {
        return CloudEventsJson.read(json);
    }

    /** To the headers of a binary HTTP request. */
    @Benchmark
    public Map<String, String> writeHeaders() {
        return CloudEventsHttp.headers(envelope);
    }
}
