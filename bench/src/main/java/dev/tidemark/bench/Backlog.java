package dev.tidemark.bench;

import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Fills an outbox with a workload while nobody reads: by a procedure, as a client would take longer. */
final class Backlog {

    private static final String FILL = """
            create procedure bench_fill(events int, per_transaction int, aggregates int) language plpgsql as $$
            declare
                fills text[] := array(select fill from bench_fill order by at);
            begin
                for n in 0 .. events - 1 loop
                    call bench_append(n, aggregates, fills[1 + n %% %1$d]);
                    if (n + 1) %% per_transaction = 0 then
                        commit;
                    end if;
                end loop;
                commit;
            end $$;
            create procedure bench_append(n int, aggregates int, fill text) language sql as $$
                insert into outbox (id, source, aggregatetype, aggregateid, aggregateversion, type, payload)
                values (uuidv7(), '%2$s', '%3$s', 'a-' || n %% aggregates, n / aggregates + 1, 'order-placed',
                    ('{"n":"' || lpad(n::text, 10, '0') || '","fill":"' || fill || '"}')::json)
            $$;
            """.formatted(Workload.FILLS, Workload.SOURCE, Workload.AGGREGATE_TYPE);

    private static final String INSERTS = """
            select count(*) from pg_logical_slot_peek_binary_changes(?, null, null,
                'proto_version', '1', 'publication_names', 'tidemark_outbox')
            where get_byte(data, 0) = ascii('I')""";

    private Backlog() {}

    /** Prepares the texts and procedures. The outbox is there. */
    static void prepare(Database database, Workload workload) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("create table bench_fill (at int primary key, fill text not null)");
            try (PreparedStatement insert = connection.prepareStatement("insert into bench_fill values (?, ?)")) {
                String[] fills = workload.fills();
                for (int i = 0; i < fills.length; i++) {
                    insert.setInt(1, i);
                    insert.setString(2, fills[i]);
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            statement.execute(FILL);
        }
    }

    /**
     * Writes all events, and then the one that marks the end.
     *
     * @return a position behind all events but the last, such as {@code 0/1A2B3C4D}
     */
    static String build(Database database, Workload workload) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("set synchronous_commit = off");
            statement.execute("call bench_fill(" + workload.events() + ", " + workload.perTransaction() + ", "
                    + workload.aggregates() + ")");
            String position = text(statement, "select pg_current_wal_insert_lsn()");
            statement.execute("set synchronous_commit = on");
            statement.execute("call bench_append(" + workload.events() + ", " + workload.aggregates() + ", '')");
            statement.execute("checkpoint");
            return position;
        }
    }

    /** How many events the server decodes from a slot, which stays where it is. */
    static long decoded(Database database, String slot) throws SQLException {
        try (Connection connection = database.connect();
                PreparedStatement statement = connection.prepareStatement(INSERTS)) {
            statement.setString(1, slot);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private static String text(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
