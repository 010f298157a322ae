package dev.tidemark.relay.capture;

import dev.tidemark.envelope.Envelope;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads what aggregates are now from the tables of the service: one state for each, with the version of the event that
 * made it so. Each statement sees one moment, so that the two belong together. For one thread, on a connection in
 * auto-commit mode that nobody else uses; another thread may {@linkplain Connection#abort abort} it.
 */
public final class CurrentStates {

    private static final int ANSWER_MILLIS = Math.toIntExact(TimeUnit.MINUTES.toMillis(10));
    private static final Set<String> KNOWN = Set.of("aggregateid", "tenantid", "payload");
    private static final Set<String> NOT_CASTABLE = Set.of("22", "23"); // classes of SQLSTATEs; 23 is a domain's
    private static final int PAGE_BYTES = 4 << 20;
    private static final int FIRST_ROWS = 16;

    /** With its schema and quoted: {@code character} and {@code bit} alone have a length of 1, to which a cast cuts. */
    private static final String KEY_TYPE = """
            select format('%%I.%%I', n.nspname, t.typname)
            from pg_type as t join pg_namespace as n on n.oid = t.typnamespace
            where t.oid = pg_typeof((select s.aggregateid from (%s) as s limit 1))""";

    /** The first rows of a page, as many as have no more bytes than a page may; one at least. */
    private static final String BOUNDED = """
            with page as materialized (%s),
            sized as (select *, sum(coalesce(octet_length(payload), 0)) over (order by n) as bytes from page)
            select aggregateid, payload, version, tenantid,
                to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as occurredat
            from sized where bytes <= ? or n = 1 order by n""";

    private static final String PAGE = """
            select row_number() over (order by s.aggregateid %4$s) as n, s.aggregateid::text as aggregateid,
                s.payload::text as payload, v.version, %1$s as tenantid
            from (select * from (%2$s) as s %3$s order by s.aggregateid %4$s limit ?) as s
            left join %5$s as v on v.source = ? and v.tenantid = %1$s and v.aggregatetype = ?
                and v.aggregateid = s.aggregateid::text""";

    private static final String SOME = """
            select k.n, k.aggregateid, s.payload::text as payload, v.version, k.tenantid
            from unnest(?::text[], ?::text[]) with ordinality as k (aggregateid, tenantid, n)
            left join (%1$s) as s on %2$s
            left join %3$s as v on v.source = ? and v.tenantid = k.tenantid and v.aggregatetype = ?
                and v.aggregateid = k.aggregateid""";

    private final Connection connection;
    private final EventDecoder decoder;
    private final Query query;
    private final String versions;
    private final String job;
    private final boolean tenants;
    private final String keyType;
    private @Nullable String lastId;
    private String lastTenant = "";
    private int rows = FIRST_ROWS; // to ask for next: those that a page has no room for would be read again

    /**
     * How states are read.
     *
     * @param source of the aggregates
     * @param aggregateType of the aggregates
     * @param type of the events that tell of states, without the prefix that it has on the wire
     * @param schemaVersion of their payload
     * @param sql a select with the columns aggregateid, payload (JSON) and, where there are tenants, tenantid; one row for
     *     each aggregate
     */
    public record Query(String source, String aggregateType, String type, int schemaVersion, String sql) {}

    /**
     * Has the query explain itself.
     *
     * @param outbox with its schema, where the versions are, too
     * @param job of which the states are: {@code state:<job>}
     * @throws IllegalArgumentException if the query has not the columns that it must have
     */
    public CurrentStates(Connection connection, String outbox, EventDecoder decoder, Query query, String job)
            throws SQLException {
        this.connection = connection;
        this.decoder = decoder;
        this.query = query;
        this.versions = outbox.substring(0, outbox.lastIndexOf('.') + 1) + "outbox_version";
        this.job = job;
        connection.setNetworkTimeout(Runnable::run, ANSWER_MILLIS);
        Set<String> columns = columns(connection, query.sql());
        this.tenants = columns.contains("tenantid");
        this.keyType = single(KEY_TYPE.formatted(query.sql()));
    }

    /**
     * The columns of a query.
     *
     * @throws IllegalArgumentException if one is missing that it must have, or it has another
     */
    public static Set<String> columns(Connection connection, String sql) throws SQLException {
        Set<String> columns = new TreeSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet none = statement.executeQuery("select * from (" + sql + ") as s limit 0")) {
            ResultSetMetaData data = none.getMetaData();
            for (int i = 1; i <= data.getColumnCount(); i++) {
                columns.add(data.getColumnLabel(i));
            }
        }
        if (!columns.contains("aggregateid") || !columns.contains("payload") || !KNOWN.containsAll(columns)) {
            throw new IllegalArgumentException(
                    "the query must give the columns aggregateid and payload, and tenantid where"
                            + " there are tenants, but gives " + String.join(", ", columns));
        }
        return columns;
    }

    /** How many there are, which takes as long as reading all of them. */
    public long count() throws SQLException {
        return Long.parseLong(single("select count(*) from (" + query.sql() + ") as s"));
    }

    /**
     * The next ones in the order of their ids, as many as may be in memory at once; none when that was all.
     *
     * @throws IllegalArgumentException if the query gives a row that is no state
     */
    public List<Envelope> next(int most) throws SQLException {
        String id = lastId;
        String after = id == null
                ? ""
                : tenants
                        ? "where (s.aggregateid, s.tenantid::text) > (?::text::" + keyType + ", ?)"
                        : "where s.aggregateid > ?::text::" + keyType;
        String page = PAGE.formatted(tenant(), query.sql(), after, tenants ? ", s.tenantid::text" : "", versions);
        try (PreparedStatement statement = connection.prepareStatement(BOUNDED.formatted(page))) {
            int at = 1;
            if (id != null) {
                statement.setString(at++, id);
                if (tenants) {
                    statement.setString(at++, lastTenant);
                }
            }
            statement.setInt(at++, Math.min(most, rows));
            statement.setString(at++, query.source());
            statement.setString(at++, query.aggregateType());
            statement.setInt(at, PAGE_BYTES);
            List<Envelope> states = read(statement);
            if (!states.isEmpty()) {
                Envelope last = states.get(states.size() - 1);
                lastId = last.aggregate().id();
                lastTenant = last.aggregate().tenantId();
            }
            return states;
        }
    }

    /**
     * The states of the first ones of some aggregates, as many as may be in memory at once; at least one. One that is
     * not there is a state without data.
     *
     * @param ids of the aggregates; at least one
     * @param tenantIds as many; empty texts where there are no tenants
     * @throws IllegalArgumentException if the query gives more than one row for an aggregate
     */
    public List<Envelope> of(List<String> ids, List<String> tenantIds) throws SQLException {
        int most = Math.min(ids.size(), rows);
        List<String> first = ids.subList(0, most);
        List<String> tenantsOfFirst = tenantIds.subList(0, most);
        List<Envelope> states;
        try {
            states = of(first, tenantsOfFirst, "s.aggregateid = k.aggregateid::" + keyType);
        } catch (SQLException e) {
            if (!NOT_CASTABLE.contains(String.valueOf(e.getSQLState()).substring(0, 2))) {
                throw e;
            }
            states = of(
                    first, tenantsOfFirst, "s.aggregateid::text = k.aggregateid"); // some id can be none of the table's
        }
        requireOneOfEach(states, first);
        return states;
    }

    private List<Envelope> of(List<String> ids, List<String> tenantIds, String same) throws SQLException {
        String condition = tenants ? same + " and s.tenantid::text = k.tenantid" : same;
        String sql = BOUNDED.formatted(SOME.formatted(query.sql(), condition, versions));
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(1, connection.createArrayOf("text", ids.toArray()));
            statement.setArray(2, connection.createArrayOf("text", tenantIds.toArray()));
            statement.setString(3, query.source());
            statement.setString(4, query.aggregateType());
            statement.setInt(5, PAGE_BYTES);
            return read(statement);
        }
    }

    private void requireOneOfEach(List<Envelope> states, List<String> ids) {
        for (int i = 0; i < states.size(); i++) {
            String id = states.get(i).aggregate().id();
            if (i >= ids.size() || !ids.get(i).equals(id)) {
                throw refused(
                        "more than one row with aggregateid '" + id + "'; have it give one row for each aggregate");
            }
        }
    }

    private String tenant() {
        return tenants ? "s.tenantid::text" : "''";
    }

    private List<Envelope> read(PreparedStatement statement) throws SQLException {
        try (ResultSet found = statement.executeQuery()) {
            List<Envelope> states = new ArrayList<>();
            while (found.next()) {
                states.add(state(found));
            }
            rows = 2 * Math.max(1, states.size());
            return states;
        }
    }

    private Envelope state(ResultSet row) throws SQLException {
        String id = row.getString("aggregateid");
        if (id == null) {
            throw refused("a row whose aggregateid is null; have it leave such rows out, or give an id");
        }
        String tenantId = row.getString("tenantid");
        if (tenantId == null) {
            throw refused("a row with aggregateid '" + id
                    + "' whose tenantid is null; have it give '' where there is no" + " tenant: coalesce(…, '')");
        }
        Map<String, @Nullable Object> event = new HashMap<>();
        event.put("id", id(tenantId, id).toString());
        event.put("source", query.source());
        event.put("tenantid", tenantId);
        event.put("aggregatetype", query.aggregateType());
        event.put("aggregateid", id);
        event.put("aggregateversion", row.getLong("version")); // 0 if it never had an event
        event.put("type", query.type());
        event.put("schemaversion", query.schemaVersion());
        event.put("occurredat", row.getString("occurredat"));
        event.put("datacontenttype", "application/json");
        event.put("payload", row.getString("payload"));
        return decoder.row(event::get).toBuilder().redelivery("state:" + job).build();
    }

    private IllegalArgumentException refused(String what) {
        return new IllegalArgumentException("the query for the states of " + query.aggregateType() + " gives " + what);
    }

    /** The same for the same aggregate and job: it is stored once, also if the job is begun again. */
    private UUID id(String tenantId, String id) {
        String name = job.length() + ":" + job + query.source().length() + ":" + query.source() + tenantId.length()
                + ":" + tenantId + query.aggregateType().length() + ":" + query.aggregateType() + id;
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    }

    private String single(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
