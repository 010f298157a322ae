package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Envelope;
import java.util.List;
import java.util.Objects;

/**
 * Which events a subscriber wants: those whose aggregate type, event type and tenant each match one of the
 * globs given for it. Immutable and compared by value.
 *
 * <p>In a glob {@code *} stands for any characters, also none, and {@code ?} for exactly one; case matters.
 * An event without a tenant has the tenant {@code ""}, which {@code *} matches. The event type is compared
 * as it is on the wire, with the relay's prefix if there is one.
 */
public final class Filter {

    private static final List<String> ANY = List.of("*");
    private static final Filter EVERYTHING = of(ANY, ANY, ANY);

    private final List<Glob> aggregateTypes;
    private final List<Glob> types;
    private final List<Glob> tenants;

    private Filter(List<Glob> aggregateTypes, List<Glob> types, List<Glob> tenants) {
        this.aggregateTypes = aggregateTypes;
        this.types = types;
        this.tenants = tenants;
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
        return new Filter(globs("aggregateTypes", aggregateTypes), globs("types", types), globs("tenants", tenants));
    }

    public boolean matches(Envelope envelope) {
        return matches(
                envelope.aggregate().type(),
                envelope.type(),
                envelope.aggregate().tenantId());
    }

    /** @param type as it is on the wire */
    public boolean matches(String aggregateType, String type, String tenantId) {
        return anyMatches(aggregateTypes, aggregateType) && anyMatches(types, type) && anyMatches(tenants, tenantId);
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
                && tenants.equals(that.tenants);
    }

    @Override
    public int hashCode() {
        return Objects.hash(aggregateTypes, types, tenants);
    }

    @Override
    public String toString() {
        return "aggregatetypes=" + aggregateTypes + " types=" + types + " tenants=" + tenants;
    }
}
