package dev.tidemark.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;

/** Rows that pass by the writer: what could not travel is refused, by a constraint whose name says why. */
@EveryVersion
class OutboxChecksTest {

    /** A column, a bad value as an SQL expression, and the constraint that refuses it. */
    private record Bad(String column, String value, String constraint) {}

    private static final List<Bad> BAD = List.of(
            new Bad("id", "gen_random_uuid()", "outbox_id_is_uuidv7"),
            new Bad("id", "'0192a000-0000-7000-c000-000000000001'", "outbox_id_is_uuidv7"),
            new Bad("source", "''", "outbox_source_is_uri_reference"),
            new Bad("source", "'my orders'", "outbox_source_is_uri_reference"),
            new Bad("source", "repeat('s', 256)", "outbox_source_is_uri_reference"),
            new Bad("tenantid", "repeat('t', 256)", "outbox_tenantid_is_short_text"),
            new Bad("tenantid", "E'a\\r\\nb'", "outbox_tenantid_is_short_text"),
            new Bad("aggregatetype", "''", "outbox_aggregatetype_is_name"),
            new Bad("aggregatetype", "'../order'", "outbox_aggregatetype_is_name"),
            new Bad("aggregatetype", "E'order\\n'", "outbox_aggregatetype_is_name"),
            new Bad("aggregatetype", "repeat('a', 65)", "outbox_aggregatetype_is_name"),
            new Bad("aggregateid", "''", "outbox_aggregateid_is_short_text"),
            new Bad("aggregateid", "E'4\\n2'", "outbox_aggregateid_is_short_text"),
            new Bad("aggregateid", "repeat('4', 256)", "outbox_aggregateid_is_short_text"),
            new Bad("aggregateversion", "0", "outbox_aggregateversion_is_positive"),
            new Bad("type", "''", "outbox_type_is_name"),
            new Bad("type", "'order placed'", "outbox_type_is_name"),
            new Bad("type", "repeat('t', 129)", "outbox_type_is_name"),
            new Bad("schemaversion", "0", "outbox_schemaversion_is_positive"),
            new Bad("datacontenttype", "'text/plain'", "outbox_datacontenttype_is_json"),
            new Bad("datacontenttype", "''", "outbox_datacontenttype_is_json"),
            new Bad("payload", "('\"' || repeat('x', 16777215) || '\"')::json", "outbox_payload_is_at_most_16_mib"),
            new Bad("payload", "'\"\\u0000\"'", "outbox_payload_has_no_u0000"),
            new Bad("payload", "'{\"a\\\\\\u0000\":1}'", "outbox_payload_has_no_u0000"),
            new Bad("traceparent", "'00-xyz'", "outbox_traceparent_is_w3c"),
            new Bad(
                    "headers",
                    "('{\"a\":\"' || repeat('x', 16384) || '\"}')::json",
                    "outbox_headers_are_at_most_16_kib"),
            new Bad("headers", "'{\"a\":\"\\u0000\"}'", "outbox_headers_have_no_u0000"),
            new Bad("headers", "'[]'", "outbox_headers_map_names_to_strings"),
            new Bad("headers", "'null'", "outbox_headers_map_names_to_strings"),
            new Bad("headers", "'{\"a\":1}'", "outbox_headers_map_names_to_strings"),
            new Bad("headers", "'{\"a\":[\"b\"]}'", "outbox_headers_map_names_to_strings"),
            new Bad("headers", "'{\"Correlation-Id\":\"1\"}'", "outbox_headers_map_names_to_strings"),
            new Bad("headers", "'{\"\":\"1\"}'", "outbox_headers_map_names_to_strings"),
            new Bad("headers", "'{\"subject\":\"1\"}'", "outbox_headers_leave_our_names_alone"),
            new Bad("occurredat", "'infinity'", "outbox_occurredat_has_four_digit_year"),
            new Bad("occurredat", "'10000-01-01'", "outbox_occurredat_has_four_digit_year"));

    private static final Set<String> REQUIRED = Set.of(
            "id",
            "source",
            "tenantid",
            "aggregatetype",
            "aggregateid",
            "type",
            "schemaversion",
            "datacontenttype",
            "occurredat");

    @Parameter
    private int version;

    @Test
    void everyCheckRefusesItsBadRowByName() throws SQLException {
        Database database = Sql.freshOutbox(version);
        Set<String> refused = new TreeSet<>();
        for (Bad bad : BAD) {
            assertThatThrownBy(() -> insert(database, Map.of(bad.column, bad.value)), "%s = %s", bad.column, bad.value)
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("23514"))
                    .hasMessageContaining('"' + bad.constraint + '"');
            refused.add(bad.constraint);
        }
        assertThat(refused)
                .as("the checks that the table has")
                .containsExactlyElementsOf(
                        Sql.rows(
                                database,
                                "select conname from pg_constraint where conrelid = 'outbox'::regclass and contype = 'c' order by conname collate \"C\""));
    }

    @Test
    void whatIsRequiredMayNotBeNull() throws SQLException {
        Database database = Sql.freshOutbox(version);
        for (String column : REQUIRED) {
            assertThatThrownBy(() -> insert(database, Map.of(column, "null")))
                    .hasMessageContaining('"' + column + '"')
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("23502"));
        }
    }

    @Test
    void whatIsJustAllowedGoesIn() throws SQLException {
        Database database = Sql.freshOutbox(version);
        List<Map<String, String>> good = new ArrayList<>();
        good.add(Map.of());
        good.add(Map.of("payload", "null"));
        good.add(Map.of("payload", "'null'"));
        good.add(Map.of("payload", "('\"' || repeat('x', 16777214) || '\"')::json"));
        good.add(Map.of("payload", "'\"\\\\u0000\"'"));
        good.add(Map.of("aggregateid", "repeat('é', 255)", "tenantid", "'acme / north'"));
        good.add(Map.of("source", "'https://example.com/orders?x=1#y'", "type", "'com.example.OrderPlaced'"));
        good.add(Map.of("datacontenttype", "'application/vnd.acme+json; charset=utf-8'"));
        good.add(Map.of("headers", "'{\"correlationid\":\"1\",\"tracestate\":\"a=b\"}'", "aggregateversion", "1"));
        good.add(Map.of("traceparent", "'00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'"));
        for (Map<String, String> row : good) {
            insert(database, row);
        }
        assertThat(Sql.one(database, "select count(*) from outbox")).isEqualTo(String.valueOf(good.size()));
    }

    private static void insert(Database database, Map<String, String> changed) throws SQLException {
        Map<String, String> row = new LinkedHashMap<>();
        row.put("id", "'" + Sql.idAt(Instant.now()) + "'");
        row.put("source", "'orders'");
        row.put("aggregatetype", "'order'");
        row.put("aggregateid", "'42'");
        row.put("type", "'order-placed'");
        row.put("payload", "'{}'");
        row.putAll(changed);
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("insert into outbox (" + String.join(", ", row.keySet()) + ") values ("
                    + String.join(", ", row.values()) + ")");
        }
    }
}
