package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Envelope;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which events a subscriber wants: those whose aggregate type, event type and tenant each match one of the
 * globs given for it. Immutable and compared by value.
 *
 * <p>In a glob {@code *} stands for any characters, also none, and {@code ?} for exactly one; case matters.
 * An event without a tenant has the tenant {@code ""}, which {@code *} matches. The event type is compared
 * as it is on the wire, with the relay's prefix if there is one.
 *
 * <p>{@linkplain #withMarkers With markers} it leaves no holes among the versions of an aggregate: an event whose type alone does
 * not match is seen as its {@linkplain #seen marker}.
 */
public final class Filter {

    /** The event type of a marker: an event was here that the subscriber did not want. */
    public static final String SKIPPED = "tidemark.skipped";

    private static final List<String> ANY = List.of("*");
    private static final Filter EVERYTHING = of(ANY, ANY, ANY);

    private final List<Glob> aggregateTypes;
    private final List<Glob> types;
    private final List<Glob> tenants;
    private final boolean markers;

    private Filter(List<Glob> aggregateTypes, List<Glob> types, List<Glob> tenants, boolean markers) {
        this.aggregateTypes = aggregateTypes;
        this.types = types;
        this.tenants = tenants;
        this.markers = markers;
    }

    public static Filter everything() {
        return EVERYTHING;
    }

    /**
     * A filter of globs.
     *
     * @throws IllegalArgumentException if one of the lists is empty: it would match nothing
     */
    public static Filter of(List<String> aggregateTypes, List<String> types, List<String> tenants) {
        return new Filter(
                globs("aggregateTypes", aggregateTypes), globs("types", types), globs("tenants", tenants), false);
    }

    /** The same, with markers in place of the events that it leaves out because of their type. */
    public Filter withMarkers() {
        return new Filter(aggregateTypes, types, tenants, true);
    }

    /**
     * What a subscriber gets of an event: itself, a marker of it, or nothing.
     *
     * <p>A marker has id, aggregate, version, time and trace context of the event, the type {@value #SKIPPED}, no headers and
     * no data. An unversioned event leaves no hole and has none.
     */
    public @Nullable Envelope seen(Envelope envelope) {
        if (!mayWant(
                envelope.aggregate().type(),
                envelope.type(),
                envelope.aggregate().tenantId())) {
            return null;
        }
        if (!markers || anyMatches(types, envelope.type())) {
            return envelope;
        }
        return envelope.aggregateVersion() == null ? null : marker(envelope);
    }

    /**
     * Whether something of an event may be for the subscriber: {@link #seen} knows.
     *
     * @param type as it is on the wire
     */
    public boolean mayWant(String aggregateType, String type, String tenantId) {
        return matchesAggregate(aggregateType, tenantId) && (markers || anyMatches(types, type));
    }

    private static Envelope marker(Envelope envelope) {
        return Envelope.builder()
                .id(envelope.id())
                .aggregate(envelope.aggregate())
                .aggregateVersion(envelope.aggregateVersion())
                .sourceEpoch(envelope.sourceEpoch())
                .type(SKIPPED)
                .dataSchema(Envelope.defaultDataSchema(envelope.aggregate().source(), SKIPPED, 1))
                .time(envelope.time())
                .traceparent(envelope.traceparent())
                .redelivery(envelope.redelivery())
                .build();
    }

    /** Whether events of some type may match, of an aggregate. */
    public boolean matchesAggregate(String aggregateType, String tenantId) {
        return anyMatches(aggregateTypes, aggregateType) && anyMatches(tenants, tenantId);
    }

    private static List<Glob> globs(String what, List<String> patterns) {
        if (patterns.isEmpty()) {
            throw new IllegalArgumentException(what + " must have at least one glob, or nothing would match; use *");
        }
        return patterns.stream().map(Glob::new).toList();
    }

    private static boolean anyMatches(List<Glob> globs, String text) {
        for (Glob glob : globs) {
            if (glob.matches(text)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Filter that
                && aggregateTypes.equals(that.aggregateTypes)
                && types.equals(that.types)
                && tenants.equals(that.tenants)
                && markers == that.markers;
    }

    @Override
    public int hashCode() {
        return Objects.hash(aggregateTypes, types, tenants, markers);
    }

    @Override
    public String toString() {
        return "aggregatetypes=" + aggregateTypes + " types=" + types + " tenants=" + tenants
                + (markers ? " with markers" : "");
    }
}
