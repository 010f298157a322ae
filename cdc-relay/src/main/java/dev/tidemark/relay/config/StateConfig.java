package dev.tidemark.relay.config;

import java.util.regex.Pattern;

/**
 * How the relay reads what aggregates are now, for subscribers whose history is older than what the outbox has retained, and
 * for the repair of replicas.
 *
 * @param aggregateType whose states
 * @param source of the aggregates, as the writer has it
 * @param type of the events that tell of states, without the prefix that it has on the wire
 * @param schemaVersion of their payload, at least 1
 * @param query a select with the columns aggregateid, payload (JSON) and, where there are tenants, tenantid; one row for each
 *     aggregate. The relay's role must be able to read its tables
 */
public record StateConfig(String aggregateType, String source, String type, int schemaVersion, String query) {

    static final Bounds SCHEMA_VERSION = new Bounds(1, Integer.MAX_VALUE);

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,62}");
    private static final String NAMED = "small letters, digits and -, beginning with a letter, at most 63 characters";

    public StateConfig {
        Problems problems = new Problems();
        problems.required("aggregatetype", aggregateType);
        problems.required("source", source);
        problems.matches("type", type, NAME, NAMED);
        problems.within("schemaversion", schemaVersion, SCHEMA_VERSION);
        if (problems.required("query", query) && query.strip().endsWith(";")) {
            problems.add("query", "must be a select without a semicolon behind it", query);
        }
        problems.throwIfAny("the states of " + aggregateType);
    }
}
