package dev.tidemark.relay.config;

import java.time.Duration;

/**
 * What is compared, and how.
 *
 * @param source the service's own rows
 * @param replica what a consumer has made of its events; the same columns
 * @param key the name of the key column of both; its text is the aggregate's id
 * @param aggregateSource of the aggregates, as the writer has it
 * @param tenantId of the aggregates; empty where there are no tenants
 * @param aggregateType of the aggregates
 * @param consumer whose inbox fills the replica
 * @param chunk rows that are compared at once
 * @param patience how long an event may be on its way to the replica
 * @param most differences that are looked for
 */
public record VerifyConfig(
        Place source,
        Place replica,
        String key,
        String aggregateSource,
        String tenantId,
        String aggregateType,
        String consumer,
        int chunk,
        Duration patience,
        int most) {

    static final Bounds CHUNK = new Bounds(1, 100_000);
    static final Bounds MOST = new Bounds(1, 1_000_000);
    static final Span PATIENCE = new Span(Duration.ofMillis(100), Duration.ofHours(1));

    /**
     * A query over a database.
     *
     * @param url as of a {@link SourceConfig}
     * @param user a role that may read the tables of the query, and {@code outbox_version} in the source, or
     *     {@code inbox_watermark} at the replica
     * @param password of that role
     * @param query a select
     */
    public record Place(String url, String user, Secret password, String query) {

        public Place {
            Problems problems = new Problems();
            if (problems.required("url", url)) {
                JdbcUrl.check(url).ifPresent(rule -> problems.add("url", rule));
            }
            problems.required("user", user);
            if (problems.required("query", query) && query.strip().endsWith(";")) {
                problems.add("query", "must be a select without a semicolon behind it", query);
            }
            problems.throwIfAny("a side of the comparison");
        }

        /** Without the values of the URL's parameters: some of them are secret. */
        @Override
        public String toString() {
            return "Place[url=" + Shown.url(url) + ", user=" + user + ", password=" + password + "]";
        }
    }

    public VerifyConfig {
        Problems problems = new Problems();
        problems.required("key", key);
        problems.required("consumer", consumer);
        problems.within("chunk", chunk, CHUNK);
        problems.within("patience", patience, PATIENCE);
        problems.within("most", most, MOST);
        problems.throwIfAny("the comparison");
    }
}
