package dev.tidemark.relay.capture;

/**
 * Position in the write-ahead log, in bytes from its beginning; written {@code 16/B374D848}. Unsigned.
 *
 * @see <a href="https://www.postgresql.org/docs/current/datatype-pg-lsn.html">pg_lsn</a>
 */
public record Lsn(long bytes) implements Comparable<Lsn> {

    /** @throws IllegalArgumentException if {@code text} is not of the form {@code 16/B374D848} */
    public static Lsn parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 1) {
            throw new IllegalArgumentException("an LSN looks like 16/B374D848, but this is: " + text);
        }
        long high = Long.parseLong(text.substring(0, slash), 16);
        long low = Long.parseLong(text.substring(slash + 1), 16);
        return new Lsn(high << 32 | low);
    }

    @Override
    public int compareTo(Lsn other) {
        return Long.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public String toString() {
        return Long.toHexString(bytes >>> 32).toUpperCase(java.util.Locale.ROOT)
                + "/"
                + Long.toHexString(bytes & 0xffff_ffffL).toUpperCase(java.util.Locale.ROOT);
    }
}
