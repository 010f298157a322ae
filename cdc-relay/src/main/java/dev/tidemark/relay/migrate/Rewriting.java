package dev.tidemark.relay.migrate;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** Deletes what the outbox has and inserts it anew, so that a slot sees it as if it were written now. */
final class Rewriting {

    /** A deletion, an insertion and its keys are all in the log. */
    private static final int LOG_PER_BYTE = 2;

    private static final String LIMIT = """
            select setting::bigint << 20, current_setting(name)
            from pg_settings where name = 'max_slot_wal_keep_size' and setting::bigint >= 0""";

    private static final String SIZE =
            "select coalesce(sum(pg_table_size(relid)), 0) from pg_partition_tree(?::regclass)";

    /** What a row has that a statement may give: not what the server generates; and what it has where nobody said. */
    private static final String COLUMNS = """
            select quote_ident(a.attname), coalesce(pg_get_expr(d.adbin, d.adrelid), 'null')
                   || '::' || format_type(a.atttypid, a.atttypmod)
            from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
            where a.attrelid = ?::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
            order by a.attnum""";

    private final Connection connection;
    private final String table;

    Rewriting(Connection connection, String table) {
        this.connection = connection;
        this.table = table;
    }

    /**
     * A slot that is to see more than the server keeps for slots would be lost before it was read.
     *
     * @param tables with those that upkeep has detached
     * @throws MigrationException if that may be; nothing was changed
     */
    void requireRoom(List<String> tables) throws SQLException, MigrationException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(LIMIT)) {
            if (!row.next()) {
                return;
            }
            long needed = LOG_PER_BYTE * size(tables);
            if (needed > row.getLong(1)) {
                throw new MigrationException("to send what " + table + " has, about " + (needed >> 20) + " MB of log"
                        + " are written at once, and max_slot_wal_keep_size is " + row.getString(2)
                        + ", so that the new slot would be lost before it is read. Nothing was changed. Have it"
                        + " larger until the relay has sent all: alter system set max_slot_wal_keep_size = '"
                        + ((needed * 3 / 2) >> 20) + "MB'; select pg_reload_conf()");
            }
        }
    }

    private long size(List<String> tables) throws SQLException {
        long size = 0;
        try (PreparedStatement query = connection.prepareStatement(SIZE)) {
            for (String each : tables) {
                query.setString(1, each);
                try (ResultSet row = query.executeQuery()) {
                    row.next();
                    size += row.getLong(1);
                }
            }
        }
        return size;
    }

    /**
     * In the order of the aggregates, in the caller's transaction. What was detached before a column was added to the outbox
     * gets that column's default.
     *
     * @param tables the outbox first
     */
    void run(List<String> tables) throws SQLException {
        Map<String, String> columns = columns(table);
        StringJoiner deletions = new StringJoiner(", ");
        StringJoiner rows = new StringJoiner(" union all ");
        for (int i = 0; i < tables.size(); i++) {
            deletions.add("old" + i + " as (delete from " + tables.get(i) + " returning *)");
            rows.add("select " + String.join(", ", values(columns, columns(tables.get(i)))) + " from old" + i);
        }
        String names = String.join(", ", columns.keySet());
        String sql = "with " + deletions + " insert into " + table + " (" + names + ") overriding system value select "
                + names + " from (" + rows
                + ") as old order by source, tenantid, aggregatetype, aggregateid, aggregateversion, id";
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }

    private static List<String> values(Map<String, String> columns, Map<String, String> there) {
        List<String> values = new ArrayList<>();
        columns.forEach((name, unsaid) -> values.add(there.containsKey(name) ? name : unsaid + " as " + name));
        return values;
    }

    /** Quoted names, and what stands there where nothing was said. */
    private Map<String, String> columns(String of) throws SQLException {
        Map<String, String> columns = new LinkedHashMap<>();
        try (PreparedStatement query = connection.prepareStatement(COLUMNS)) {
            query.setString(1, of);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    columns.put(rows.getString(1), rows.getString(2));
                }
            }
        }
        return columns;
    }
}
