package dev.tidemark.relay.backlog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Events to be stored, and what was read, in short. */
final class StoredEvents {

    static final PageLimit ANY = new PageLimit(1000, 1L << 30);
    static final Known NOTHING_KNOWN = new Known(Set.of(), Map.of());

    private StoredEvents() {}

    static Aggregate order(String id) {
        return new Aggregate("orders", "", "order", id);
    }

    static Arrival waiting(String aggregateId, long version) {
        return of(Events.event(aggregateId, version));
    }

    static Arrival of(Envelope envelope) {
        return arrival(envelope, State.WAITING, Arrival.Cause.SPILLED, 0, null);
    }

    static Arrival dead(String aggregateId, long version) {
        Envelope envelope = Events.event(aggregateId, version);
        return arrival(envelope, State.DEAD, Arrival.Cause.REJECTED, 1, "answered 400");
    }

    private static Arrival arrival(
            Envelope envelope, State state, Arrival.Cause cause, int attempts, @Nullable String reason) {
        return new Arrival(envelope.id(), envelope, null, Events.COMMITTED_AT, state, cause, attempts, reason);
    }

    static Arrival undecodable(int number) {
        return new Arrival(
                UUID.nameUUIDFromBytes(new byte[] {(byte) number}),
                null,
                "row at 0/1: \0 ünknown",
                Events.COMMITTED_AT,
                State.DEAD,
                Arrival.Cause.UNDECODABLE,
                0,
                "payload is missing");
    }

    /** Whose data has so many bytes. */
    static Arrival sized(String aggregateId, long version, int bytes) {
        byte[] data = ("\"" + "x".repeat(bytes - 2) + "\"").getBytes(StandardCharsets.UTF_8);
        return of(Events.event(aggregateId, version).toBuilder()
                .data("application/json", data)
                .build());
    }

    static Envelope unversioned(String aggregateId) {
        return Events.event(aggregateId, 1).toBuilder().aggregateVersion(null).build();
    }

    static Envelope inEpoch(long sourceEpoch, String aggregateId, long version) {
        byte[] name = (sourceEpoch + aggregateId + version).getBytes(StandardCharsets.UTF_8);
        return Events.event(aggregateId, version).toBuilder()
                .id(UUID.nameUUIDFromBytes(name))
                .sourceEpoch(sourceEpoch)
                .build();
    }

    /** Every kind of data, and of every part the oddest. */
    static List<Envelope> nastyEnvelopes() {
        List<Envelope> nasty = new ArrayList<>();
        String deep = "[".repeat(5000) + "]".repeat(5000);
        for (String json :
                List.of("null", " {\"b\" :\t2e1, \"a\": \"\\u00e9😀\\n\"}\n", "\"text\"", deep, "{\"cut", "")) {
            nasty.add(numbered(nasty).data("application/json", utf8(json)).build());
        }
        nasty.add(numbered(nasty).build()); // a tombstone
        nasty.add(numbered(nasty)
                .data("application/json", utf8("1,\"user\":\"mallory\""))
                .build());
        nasty.add(numbered(nasty)
                .data("application/json", new byte[] {'"', (byte) 0xff, '"'})
                .build());
        nasty.add(numbered(nasty)
                .data("application/avro", new byte[] {0, (byte) 0xff, 10, 34})
                .build());
        nasty.add(numbered(nasty).data("text/plain; charset=utf-8", utf8("Zoë")).build());
        nasty.add(Events.of(new Aggregate("/shop/orders", "Å 1", "order.v2", "100% \\ é 😀 \" ' <a>&"), Long.MAX_VALUE)
                .sourceEpoch(Long.MAX_VALUE)
                .type("com.example.order-placed")
                .dataSchema("https://schemas.example.com/order-placed/12")
                .traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
                .redelivery("replay:2026-11")
                .header("tracestate", "vendor=x,other=y")
                .header("user", " Zoë \"%20\" {}, '\\\\' NULL ")
                .header("empty", "")
                .data("application/json", utf8("{}"))
                .build());
        nasty.add(unversioned("NULL"));
        return nasty;
    }

    private static Envelope.Builder numbered(List<Envelope> before) {
        return Events.of(order("n"), before.size() + 1L);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static void assertSame(Envelope actual, Envelope expected) {
        assertThat(actual).usingRecursiveComparison().isEqualTo(expected);
    }

    static List<String> versions(Page page) {
        return page.entries().stream()
                .map(entry -> Events.label(entry.envelope()))
                .toList();
    }

    static String label(Arrival arrival) {
        return Events.label(Objects.requireNonNull(arrival.envelope()));
    }

    static List<Long> positions(List<Placed> placed) {
        return placed.stream().map(Placed::position).toList();
    }

    /** All that waits, page by page. */
    static List<Entry> drain(Backlog part, PageLimit limit) throws BacklogException {
        List<Entry> all = new ArrayList<>();
        Page page;
        do {
            page = part.read(all.isEmpty() ? 0 : all.get(all.size() - 1).position(), List.of(), limit);
            all.addAll(page.entries());
        } while (!page.last());
        return all;
    }
}
