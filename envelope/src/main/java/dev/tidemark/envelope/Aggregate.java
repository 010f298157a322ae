package dev.tidemark.envelope;

import static java.util.Objects.requireNonNull;

/**
 * What an event happened to, and what it is ordered by: events of one aggregate are delivered in commit
 * order. The same four parts identify it everywhere: in the version counter, the lane, the inbox and the
 * receipt.
 *
 * @param source the service that owns it, such as {@code orders}; a URI reference
 * @param tenantId empty where there are no tenants
 * @param type such as {@code order}
 * @param id such as {@code 42}
 */
public record Aggregate(String source, String tenantId, String type, String id) implements Comparable<Aggregate> {

    public Aggregate {
        requireNonNull(source, "source");
        requireNonNull(tenantId, "tenantId");
        requireNonNull(type, "type");
        requireNonNull(id, "id");
    }

    /**
     * Spreads aggregates over lanes: Murmur3 (x86, 32 bits, seed 0) over the four parts in UTF-8, each
     * after its length in bytes as four little-endian bytes. Fixed for ever: a lane number may differ
     * between two relays only because they have a different number of lanes.
     */
    public int hash32() {
        return Murmur3.ofParts(source, tenantId, type, id);
    }

    /** Part by part, by UTF-16 code unit: the order in which locks are taken. */
    @Override
    public int compareTo(Aggregate other) {
        int order = source.compareTo(other.source);
        order = order != 0 ? order : tenantId.compareTo(other.tenantId);
        order = order != 0 ? order : type.compareTo(other.type);
        return order != 0 ? order : id.compareTo(other.id);
    }

    /** For people: {@code orders/order/42}, or {@code orders/acme/order/42} with a tenant. */
    @Override
    public String toString() {
        return source + "/" + (tenantId.isEmpty() ? "" : tenantId + "/") + type + "/" + id;
    }
}
