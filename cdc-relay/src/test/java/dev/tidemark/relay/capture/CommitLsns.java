package dev.tidemark.relay.capture;

import dev.tidemark.testkit.Database;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A second decoding of the WAL, from a slot of its own: where did the transaction of each event commit? */
final class CommitLsns {

    private static final Pattern UUID_TEXT = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final String PEEK = "select data from pg_logical_slot_peek_binary_changes(?, null, null,"
            + " 'proto_version', '1', 'publication_names', 'tidemark_outbox')";

    private CommitLsns() {}

    /** By event id; an event that did not commit is not there. */
    static Map<UUID, Lsn> of(Database database, String slot) throws SQLException {
        Map<UUID, Lsn> commits = new HashMap<>();
        List<UUID> open = new ArrayList<>();
        try (Connection connection = database.connect();
                PreparedStatement peek = connection.prepareStatement(PEEK)) {
            peek.setString(1, slot);
            try (ResultSet rows = peek.executeQuery()) {
                while (rows.next()) {
                    byte[] message = rows.getBytes(1);
                    if (message[0] == 'I') {
                        open.add(firstUuid(message));
                    } else if (message[0] == 'C') {
                        Lsn commit = new Lsn(ByteBuffer.wrap(message).getLong(2));
                        open.forEach(id -> commits.put(id, commit));
                        open.clear();
                    }
                }
            }
        }
        return commits;
    }

    private static UUID firstUuid(byte[] insert) {
        Matcher matcher = UUID_TEXT.matcher(new String(insert, StandardCharsets.ISO_8859_1));
        if (!matcher.find()) {
            throw new IllegalStateException("an insert without an id");
        }
        return UUID.fromString(matcher.group());
    }
}
