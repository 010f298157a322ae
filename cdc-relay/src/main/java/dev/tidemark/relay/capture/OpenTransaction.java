package dev.tidemark.relay.capture;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What came of one streamed transaction: its messages as they came, each with its length and its position before it. For
 * one thread.
 *
 * <p>While a subtransaction is open nothing is written but by it and by those within it. So where one is rolled back,
 * everything since its first row is of no worth, and is cut off. That takes 13 bytes of memory for each that has a row.
 *
 * <p>But the server says of a logical message only in which transaction it was written, not in which subtransaction. So one
 * with no row between it and the first of a subtransaction that is rolled back, or between it and the rollback, may have
 * been of that or not.
 */
final class OpenTransaction implements AutoCloseable {

    private static final int HEAD = Integer.BYTES + Long.BYTES;
    private static final int READ_AHEAD = 64 << 10;

    /** One message, to be read back. */
    record Held(Lsn position, ByteBuffer message) {}

    private final int xid;
    private final HeldBytes bytes;
    private final PgoutputTables tables = new PgoutputTables();
    private int[] subxids = new int[4];
    private long[] begins = new long[4];
    private boolean[] unclear = new boolean[4]; // whether there was a logical message right before it
    private boolean messageLast;
    private boolean lost; // nobody can say what is of it
    private int subtransactions;
    private int newest;
    private long firstChange = Long.MAX_VALUE;
    private @Nullable DataInputStream reading;
    private long left; // to read

    OpenTransaction(int xid, HeldBytes.Overflow overflow) {
        this.xid = xid;
        this.newest = xid;
        this.bytes = new HeldBytes(overflow);
    }

    /** The tables that it was told of, as far as the server counts on it. */
    PgoutputTables tables() {
        return tables;
    }

    /** Whether there is nothing in it, but tables. */
    boolean isEmpty() {
        return firstChange == Long.MAX_VALUE;
    }

    long memoryBytes() {
        return bytes.memoryBytes();
    }

    /** Adds a message of it, or of a subtransaction of it. */
    void add(ByteBuffer message, Lsn position) {
        if (lost) {
            return;
        }
        char kind = PgoutputDecoder.kind(message);
        begun(PgoutputDecoder.xid(message));
        if (kind != 'R') {
            messageLast = kind == 'M';
            firstChange = Math.min(firstChange, bytes.size());
        }
        bytes.append(ByteBuffer.allocate(HEAD)
                .putInt(message.remaining())
                .putLong(position.bytes())
                .flip());
        bytes.append(message);
    }

    /** A subtransaction was rolled back. The server tells each table again from now on. */
    void rollBack(int subxid) throws IOException {
        tables.clear();
        int place = find(subxid);
        if (place < 0 ? messageLast : unclear[place]) {
            lost = true;
            bytes.truncate(0);
            subtransactions = 0;
        } else if (place >= 0) {
            messageLast = false;
            bytes.truncate(begins[place]);
            subtransactions = place;
            firstChange = firstChange < begins[place] ? firstChange : Long.MAX_VALUE;
        }
    }

    /** Whether nobody can say what is of it, since something of it was rolled back: if it commits, it is to be read again. */
    boolean isLost() {
        return lost;
    }

    void spill() throws IOException {
        bytes.spill();
    }

    /** One after the other, null after the last; nothing may be added any more. */
    @Nullable
    Held next() throws IOException {
        DataInputStream input = reading;
        if (input == null) {
            input = new DataInputStream(new BufferedInputStream(bytes.read(), READ_AHEAD));
            reading = input;
            left = bytes.size();
        }
        if (left == 0) {
            return null;
        }
        byte[] message = new byte[input.readInt()];
        Lsn position = new Lsn(input.readLong());
        input.readFully(message);
        left -= HEAD + message.length;
        return new Held(position, ByteBuffer.wrap(message));
    }

    /** Its file goes, too. */
    @Override
    public void close() {
        bytes.close();
    }

    private void begun(int of) {
        if (of == xid || find(of) >= 0) {
            return;
        }
        if (subtransactions == subxids.length) {
            subxids = Arrays.copyOf(subxids, 2 * subtransactions);
            begins = Arrays.copyOf(begins, 2 * subtransactions);
            unclear = Arrays.copyOf(unclear, 2 * subtransactions);
        }
        subxids[subtransactions] = of;
        begins[subtransactions] = bytes.size();
        unclear[subtransactions] = messageLast;
        subtransactions++;
        newest = follows(of, newest) ? of : newest;
    }

    /** From the end, where it mostly is; one that is newer than all is not there. */
    private int find(int subxid) {
        if (follows(subxid, newest)) {
            return -1;
        }
        int place = subtransactions - 1;
        while (place >= 0 && subxids[place] != subxid) {
            place--;
        }
        return place;
    }

    /** They begin anew after 4 billion. */
    private static boolean follows(int one, int other) {
        return one - other > 0;
    }
}
