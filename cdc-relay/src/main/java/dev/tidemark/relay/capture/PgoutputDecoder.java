package dev.tidemark.relay.capture;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the messages of pgoutput, protocol 2, as text. Keeps nothing.
 *
 * <p>What it does not understand to the last byte it refuses: to guess would be to lose an event.
 */
final class PgoutputDecoder {

    private static final Instant POSTGRES_EPOCH = Instant.parse("2000-01-01T00:00:00Z");
    private static final int TRANSACTIONAL = 1;
    private static final int FIRST = 1;

    /** Kinds that begin with the xid of their transaction or subtransaction where they stand in a block. */
    private static final String HAVE_XID = "RIMUDTY";

    private PgoutputDecoder() {}

    /**
     * Reads one message, whose bytes must not change as long as the answer is used.
     *
     * @param inBlock whether it stands in a block of a streamed transaction, where most have an xid
     * @throws IllegalArgumentException if it is not one, says why
     */
    static PgoutputMessage decode(ByteBuffer bytes, boolean inBlock) {
        int length = bytes.remaining();
        char kind = kind(bytes);
        bytes.get();
        try {
            if (inBlock && HAVE_XID.indexOf(kind) >= 0) {
                bytes.getInt();
            }
            PgoutputMessage message = switch (kind) {
                case 'S' -> new PgoutputMessage.BlockStart(bytes.getInt(), bytes.get() == FIRST);
                case 'E' -> new PgoutputMessage.BlockEnd();
                case 'c' -> streamCommit(bytes);
                case 'A' -> new PgoutputMessage.StreamAbort(bytes.getInt(), bytes.getInt());
                case 'B' -> begin(bytes);
                case 'C' -> commit(bytes);
                case 'R' -> relation(bytes);
                case 'I' -> insert(bytes);
                case 'M' -> logical(bytes);
                case 'U', 'D', 'T', 'Y', 'O' -> other(kind, bytes);
                default ->
                    throw new IllegalArgumentException("a message of pgoutput is of the kind " + kind + " (0x"
                            + Integer.toHexString(kind) + "), which is not of protocol 2");
            };
            if (bytes.hasRemaining()) {
                throw new IllegalArgumentException("a message of pgoutput of the kind " + kind + " with " + length
                        + " bytes has " + bytes.remaining() + " too many");
            }
            return message;
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException(
                    "a message of pgoutput of the kind " + kind + " is cut off after " + length + " bytes", e);
        }
    }

    /** The first byte, which stays where it is. */
    static char kind(ByteBuffer bytes) {
        if (!bytes.hasRemaining()) {
            throw new IllegalArgumentException("a message of pgoutput is empty");
        }
        return (char) (bytes.get(bytes.position()) & 0xff);
    }

    /** Of which transaction or subtransaction a message in a block is, of which nothing is read. */
    static int xid(ByteBuffer bytes) {
        if (bytes.remaining() < 1 + Integer.BYTES) {
            throw new IllegalArgumentException("a message of pgoutput in a block of a streamed transaction has only "
                    + bytes.remaining() + " bytes");
        }
        return bytes.getInt(bytes.position() + 1);
    }

    private static PgoutputMessage begin(ByteBuffer bytes) {
        bytes.getLong(); // where it commits
        Instant committedAt = time(bytes);
        bytes.getInt(); // its xid
        return new PgoutputMessage.Begin(committedAt);
    }

    private static PgoutputMessage commit(ByteBuffer bytes) {
        bytes.get(); // flags, of which there are none
        bytes.getLong(); // where its commit begins
        Lsn end = new Lsn(bytes.getLong());
        bytes.getLong(); // when
        return new PgoutputMessage.Commit(end);
    }

    private static PgoutputMessage streamCommit(ByteBuffer bytes) {
        int xid = bytes.getInt();
        bytes.get(); // flags, of which there are none
        bytes.getLong(); // where its commit begins
        Lsn end = new Lsn(bytes.getLong());
        return new PgoutputMessage.StreamCommit(xid, time(bytes), end);
    }

    private static Instant time(ByteBuffer bytes) {
        return POSTGRES_EPOCH.plus(bytes.getLong(), ChronoUnit.MICROS);
    }

    private static PgoutputMessage relation(ByteBuffer bytes) {
        int id = bytes.getInt();
        String name = string(bytes) + "." + string(bytes);
        bytes.get(); // replica identity
        int count = bytes.getShort() & 0xffff;
        List<PgoutputTable.Column> columns = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            bytes.get(); // whether it is part of the key
            String column = string(bytes);
            int type = bytes.getInt();
            bytes.getInt(); // modifier of the type
            columns.add(new PgoutputTable.Column(column, type));
        }
        return new PgoutputMessage.Relation(id, new PgoutputTable(name, columns));
    }

    private static PgoutputMessage insert(ByteBuffer bytes) {
        int relation = bytes.getInt();
        char tuple = (char) bytes.get();
        if (tuple != 'N') {
            throw new IllegalArgumentException("an insert of pgoutput has no new row, but " + tuple);
        }
        @Nullable ByteBuffer[] values = new ByteBuffer[bytes.getShort() & 0xffff];
        for (int i = 0; i < values.length; i++) {
            values[i] = value(bytes);
        }
        return new PgoutputMessage.Insert(relation, Collections.unmodifiableList(Arrays.asList(values)));
    }

    private static @Nullable ByteBuffer value(ByteBuffer bytes) {
        char kind = (char) bytes.get();
        return switch (kind) {
            case 'n' -> null;
            case 't' -> slice(bytes, bytes.getInt());
            default ->
                throw new IllegalArgumentException(
                        "a column of a new row comes as " + kind + ", but only text and null were asked for");
        };
    }

    private static PgoutputMessage logical(ByteBuffer bytes) {
        int flags = bytes.get();
        Lsn lsn = new Lsn(bytes.getLong());
        String prefix = string(bytes);
        ByteBuffer content = slice(bytes, bytes.getInt());
        return new PgoutputMessage.Logical(flags == TRANSACTIONAL, lsn, prefix, content);
    }

    private static PgoutputMessage other(char kind, ByteBuffer bytes) {
        bytes.position(bytes.limit());
        return new PgoutputMessage.Other(kind);
    }

    private static ByteBuffer slice(ByteBuffer bytes, int length) {
        if (length < 0 || length > bytes.remaining()) {
            throw new BufferUnderflowException();
        }
        ByteBuffer slice = bytes.slice(bytes.position(), length);
        bytes.position(bytes.position() + length);
        return slice;
    }

    /** Up to a zero. */
    private static String string(ByteBuffer bytes) {
        int begin = bytes.position();
        while (bytes.get() != 0) {
            // goes on to its end
        }
        return StandardCharsets.UTF_8
                .decode(bytes.slice(begin, bytes.position() - 1 - begin))
                .toString();
    }
}
