package dev.tidemark.relay.migrate;

import dev.tidemark.testkit.Database;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** What a relay would read from a slot, without moving it: the inserts, in order. */
final class Peek {

    private static final String CHANGES = """
            select data from pg_logical_slot_peek_binary_changes(
                ?, null, null, 'proto_version', '1', 'publication_names', 'tidemark_outbox')""";

    private Peek() {}

    /** Such as {@code 7@3}: aggregate id and version. */
    static List<String> versions(Database database, String slot) throws SQLException {
        return inserts(database, slot).stream()
                .map(row -> row.get(4) + "@" + row.get(5))
                .toList();
    }

    /** The columns of each insert, as text; "" for null. */
    static List<List<String>> inserts(Database database, String slot) throws SQLException {
        List<List<String>> inserts = new ArrayList<>();
        try (Connection connection = database.connect();
                PreparedStatement query = connection.prepareStatement(CHANGES)) {
            query.setString(1, slot);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    ByteBuffer message = ByteBuffer.wrap(rows.getBytes(1));
                    if (message.get() == 'I') {
                        inserts.add(columns(message));
                    }
                }
            }
        }
        return inserts;
    }

    private static List<String> columns(ByteBuffer message) {
        message.getInt(); // relation
        message.get(); // N, for new
        int count = message.getShort();
        List<String> columns = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] text = new byte[message.get() == 't' ? message.getInt() : 0];
            message.get(text);
            columns.add(new String(text, StandardCharsets.UTF_8));
        }
        return columns;
    }
}
