package dev.tidemark.relay.capture;

import static java.util.Objects.requireNonNull;

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
    private static final String NOT_CASTABLE = "22"; // class of SQLSTATEs

    private static final String COLUMNS = """
            s.aggregateid::text as aggregateid, s.payload::text as payload, v.version, %s as tenantid,
            to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as occurredat""";

    private static final String PAGE = """
            select %1$s
            from (select * from (%2$s) as s %3$s order by s.aggregateid %4$s limit ?) as s
            left join %5$s as v on v.source = ? and v.tenantid = %6$s and v.aggregatetype = ?
                and v.aggregateid = s.aggregateid::text
            order by s.aggregateid %4$s""";

    private static final String SOME = """
            select %1$s
            from unnest(?::text[], ?::text[]) with ordinality as k (aggregateid, tenantid, n)
            left join (%2$s) as s on %3$s
            left join %4$s as v on v.source = ? and v.tenantid = k.tenantid and v.aggregatetype = ?
                and v.aggregateid = k.aggregateid
            order by k.n""";

    private final Connection connection;
    private final EventDecoder decoder;
    private final Query query;
    private final String versions;
    private final String job;
    private final boolean tenants;
    private final String keyType;
    private @Nullable String lastId;
    private String lastTenant = "";

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
        this.keyType = single("select pg_typeof((select s.aggregateid from (" + query.sql() + ") as s limit 1))");
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

    /** The next ones in the order of their ids; none when that was all. */
    public List<Envelope> next(int most) throws SQLException {
        String id = lastId;
        String after = id == null
                ? ""
                : tenants
                        ? "where (s.aggregateid, s.tenantid) > (?::text::" + keyType + ", ?)"
                        : "where s.aggregateid > ?::text::" + keyType;
        String sql = PAGE.formatted(
                COLUMNS.formatted(tenant()), query.sql(), after, tenants ? ", s.tenantid" : "", versions, tenant());
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            int at = 1;
            if (id != null) {
                statement.setString(at++, id);
                if (tenants) {
                    statement.setString(at++, lastTenant);
                }
            }
            statement.setInt(at++, most);
            statement.setString(at++, query.source());
            statement.setString(at, query.aggregateType());
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
     * The states of some aggregates. One that is not there is a state without data.
     *
     * @param ids of the aggregates
     * @param tenantIds as many; empty texts where there are no tenants
     */
    public List<Envelope> of(List<String> ids, List<String> tenantIds) throws SQLException {
        try {
            return of(ids, tenantIds, "s.aggregateid = k.aggregateid::" + keyType);
        } catch (SQLException e) {
            if (!String.valueOf(e.getSQLState()).startsWith(NOT_CASTABLE)) {
                throw e;
            }
            return of(ids, tenantIds, "s.aggregateid::text = k.aggregateid"); // some id can be none of the table's
        }
    }

    private List<Envelope> of(List<String> ids, List<String> tenantIds, String same) throws SQLException {
        String condition = tenants ? same + " and s.tenantid = k.tenantid" : same;
        String columns = """
                k.aggregateid, s.payload::text as payload, v.version, k.tenantid,
                to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as occurredat""";
        String sql = SOME.formatted(columns, query.sql(), condition, versions);
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(1, connection.createArrayOf("text", ids.toArray()));
            statement.setArray(2, connection.createArrayOf("text", tenantIds.toArray()));
            statement.setString(3, query.source());
            statement.setString(4, query.aggregateType());
            return read(statement);
        }
    }

    private String tenant() {
        return tenants ? "s.tenantid" : "''";
    }

    private List<Envelope> read(PreparedStatement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            List<Envelope> states = new ArrayList<>();
            while (rows.next()) {
                states.add(state(rows));
            }
            return states;
        }
    }

    private Envelope state(ResultSet row) throws SQLException {
        Map<String, @Nullable Object> event = new HashMap<>();
        String tenantId = requireNonNull(row.getString("tenantid"), "tenantid");
        String id = requireNonNull(row.getString("aggregateid"), "aggregateid");
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
