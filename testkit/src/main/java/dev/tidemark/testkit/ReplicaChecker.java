package dev.tidemark.testkit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.sql.DataSource;

/**
 * Compares the rows of a source with those of its replica in another database, by hash for each chunk of keys.
 * Only chunks whose hashes differ are read a second time, to name the keys.
 *
 * <p>Immutable and safe for many threads. Both sides should be at rest.
 */
public final class ReplicaChecker {

    private static final int ROWS_AT_ONCE = 1000;

    private final int chunks;

    /** As many chunks as given: more of them take more memory, and less time where only a few rows differ. */
    public ReplicaChecker(int chunks) {
        if (chunks < 1) {
            throw new IllegalArgumentException("chunks must be 1 or more, but was: " + chunks);
        }
        this.chunks = chunks;
    }

    /**
     * What differs, one line for each key; nothing if both are equal. The first column of a query is the key, which
     * no two rows share; rows are equal if all their columns are, as text.
     */
    public List<String> differences(DataSource source, String sourceQuery, DataSource replica, String replicaQuery)
            throws SQLException {
        byte[][] expected = hashes(source, sourceQuery);
        byte[][] actual = hashes(replica, replicaQuery);
        boolean[] differ = new boolean[chunks];
        boolean any = false;
        for (int chunk = 0; chunk < chunks; chunk++) {
            differ[chunk] = !Arrays.equals(expected[chunk], actual[chunk]);
            any |= differ[chunk];
        }
        return any ? named(rows(source, sourceQuery, differ), rows(replica, replicaQuery, differ)) : List.of();
    }

    private interface RowReader {
        void read(int chunk, String key, String row);
    }

    /** Of each chunk, the sum over the hashes of its rows: the same in whatever order they come. */
    private byte[][] hashes(DataSource database, String query) throws SQLException {
        byte[][] sums = new byte[chunks][32];
        MessageDigest sha256 = sha256();
        read(
                database,
                query,
                (chunk, key, row) -> add(sums[chunk], sha256.digest(row.getBytes(StandardCharsets.UTF_8))));
        return sums;
    }

    private Map<String, String> rows(DataSource database, String query, boolean[] wanted) throws SQLException {
        Map<String, String> rows = new TreeMap<>();
        read(database, query, (chunk, key, row) -> {
            if (wanted[chunk] && rows.put(key, row) != null) {
                throw new IllegalArgumentException("two rows have the key " + key + " in: " + query);
            }
        });
        return rows;
    }

    private void read(DataSource database, String query, RowReader reader) throws SQLException {
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false); // or the driver would read all rows at once
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(ROWS_AT_ONCE);
                try (ResultSet found = statement.executeQuery(query)) {
                    int columns = found.getMetaData().getColumnCount();
                    while (found.next()) {
                        String key = String.valueOf(found.getString(1));
                        List<String> row = new ArrayList<>(columns);
                        for (int column = 1; column <= columns; column++) {
                            String value = found.getString(column);
                            row.add(value == null ? "null" : '"' + value + '"');
                        }
                        reader.read(Math.floorMod(key.hashCode(), chunks), key, String.join(", ", row));
                    }
                }
            }
            connection.rollback();
        }
    }

    private static List<String> named(Map<String, String> expected, Map<String, String> actual) {
        Set<String> keys = new TreeSet<>(expected.keySet());
        keys.addAll(actual.keySet());
        List<String> differences = new ArrayList<>();
        for (String key : keys) {
            String there = expected.get(key);
            String here = actual.get(key);
            if (here == null) {
                differences.add(key + " is missing in the replica; the source has " + there);
            } else if (there == null) {
                differences.add(key + " is only in the replica, which has " + here);
            } else if (!Objects.equals(there, here)) {
                differences.add(key + " is " + there + " in the source, and " + here + " in the replica");
            }
        }
        return differences;
    }

    /** Adds 256-bit numbers as four of 64 bits each, without carry. */
    private static void add(byte[] sum, byte[] hash) {
        ByteBuffer sums = ByteBuffer.wrap(sum);
        ByteBuffer hashes = ByteBuffer.wrap(hash);
        for (int at = 0; at < sum.length; at += Long.BYTES) {
            sums.putLong(at, sums.getLong(at) + hashes.getLong(at));
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
