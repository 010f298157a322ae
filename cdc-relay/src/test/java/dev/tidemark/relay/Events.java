package dev.tidemark.relay;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;

/** Envelopes for tests, told apart by aggregate and version. */
public final class Events {

    public static final Instant COMMITTED_AT = Instant.parse("2026-11-20T10:00:00Z");

    private Events() {}

    /** Version {@code version} of the order {@code aggregateId}; equal arguments give an equal id. */
    public static Envelope event(String aggregateId, long version) {
        return of(new Aggregate("orders", "", "order", aggregateId), version)
                .data("application/json", ("{\"n\":" + version + "}").getBytes(StandardCharsets.UTF_8))
                .build();
    }

    /** Everything but data. */
    public static Envelope.Builder of(Aggregate aggregate, long version) {
        byte[] name = (aggregate + "@" + version).getBytes(StandardCharsets.UTF_8);
        return Envelope.builder()
                .id(UUID.nameUUIDFromBytes(name))
                .aggregate(aggregate)
                .aggregateVersion(version)
                .type("order-placed")
                .dataSchema("urn:tidemark:orders:order-placed:1")
                .time(COMMITTED_AT);
    }

    /** Such as {@code a@3}. */
    public static String label(Envelope envelope) {
        return envelope.aggregate().id() + "@" + envelope.aggregateVersion();
    }
}
