package dev.tidemark.torture;

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

/**
 * A second decoding of the write-ahead log, from a slot of its own that nothing moves: where did the transaction of
 * each event commit? LSNs are in bytes from the beginning of the log, and those of the end of a commit: where a
 * transaction's commit begins, the one before it may end, so that a slot may stand there and not have passed it.
 */
final class CommitLsns {

    private static final Pattern UUID_TEXT = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final Pattern ID_IN_JSON = Pattern.compile("\"id\":\"(" + UUID_TEXT.pattern() + ")\"");
    private static final String PEEK = "select data from pg_logical_slot_peek_binary_changes(?, null, null,"
            + " 'proto_version', '1', 'publication_names', 'tidemark_outbox', 'messages', 'true')";
    private static final int ROWS_AT_ONCE = 1000;

    private CommitLsns() {}

    /** Makes the slot; what is committed from now on is seen. */
    static void begin(Database database, String slot) throws SQLException {
        database.run("select pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");
    }

    /** By event id; an event that did not commit is not there. */
    static Map<UUID, Long> of(Database database, String slot) throws SQLException {
        Map<UUID, Long> commits = new HashMap<>();
        List<UUID> open = new ArrayList<>();
        try (Connection connection = database.connect()) {
            connection.setAutoCommit(false); // or all of it is fetched at once
            try (PreparedStatement peek = connection.prepareStatement(PEEK)) {
                peek.setFetchSize(ROWS_AT_ONCE);
                peek.setString(1, slot);
                try (ResultSet rows = peek.executeQuery()) {
                    while (rows.next()) {
                        read(rows.getBytes(1), open, commits);
                    }
                }
            }
        }
        return commits;
    }

    /** The first byte says what it is; a commit has flags, where it begins, and where it ends. */
    private static void read(byte[] message, List<UUID> open, Map<UUID, Long> commits) {
        switch (message[0]) {
            case 'I' -> add(UUID_TEXT, 0, message, open);
            case 'M' -> add(ID_IN_JSON, 1, message, open);
            case 'C' -> {
                long commit = ByteBuffer.wrap(message).getLong(10);
                open.forEach(id -> commits.put(id, commit));
                open.clear();
            }
            default -> {
                // begin, relation and the like
            }
        }
    }

    private static void add(Pattern pattern, int group, byte[] message, List<UUID> open) {
        Matcher matcher = pattern.matcher(new String(message, StandardCharsets.ISO_8859_1));
        if (matcher.find()) { // heartbeats have none
            open.add(UUID.fromString(matcher.group(group)));
        }
    }
}
