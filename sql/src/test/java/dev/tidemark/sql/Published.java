package dev.tidemark.sql;

import dev.tidemark.testkit.Database;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the publication sends through a slot, decoded by pgoutput as for the relay.
 *
 * @param events ids of inserted rows, in the order in which they come
 * @param relations names under which they come
 * @param messages contents of logical messages
 */
record Published(List<String> events, List<String> relations, List<String> messages) {

    /** Reads without confirming. */
    static Published peek(Database database, String slot) throws SQLException {
        Published published = new Published(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet changes =
                        statement.executeQuery("select data from pg_logical_slot_peek_binary_changes('" + slot
                                + "', null, null, 'proto_version', '1', 'publication_names', 'tidemark_outbox',"
                                + " 'messages', 'true')")) {
            Map<Integer, String> names = new HashMap<>();
            while (changes.next()) {
                published.read(ByteBuffer.wrap(changes.getBytes(1)), names);
            }
        }
        return published;
    }

    /** See <a href="https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html">the formats</a>. */
    private void read(ByteBuffer change, Map<Integer, String> names) {
        byte kind = change.get();
        switch (kind) {
            case 'R' -> names.put(change.getInt(), text(change) + "." + text(change));
            case 'I' -> {
                relations.add(String.valueOf(names.get(change.getInt())));
                change.position(change.position() + 1 + 2 + 1); // N, number of columns, t
                events.add(text(change, change.getInt()));
            }
            case 'M' -> {
                change.position(change.position() + 1 + 8);
                String prefix = text(change);
                messages.add(prefix + " " + text(change, change.getInt()));
            }
            case 'B', 'C', 'Y', 'O' -> {}
            default -> throw new AssertionError("unexpected change of kind " + (char) kind);
        }
    }

    private static String text(ByteBuffer change) {
        int length = 0;
        while (change.get(change.position() + length) != 0) {
            length++;
        }
        String text = text(change, length);
        change.get(); // the zero at its end
        return text;
    }

    private static String text(ByteBuffer change, int length) {
        byte[] bytes = new byte[length];
        change.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
