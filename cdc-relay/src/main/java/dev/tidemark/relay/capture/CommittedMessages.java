package dev.tidemark.relay.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What the server says, in the order of commits: what it streams of a transaction is held until that has committed, and
 * then comes as if it had been sent then. For one thread.
 */
final class CommittedMessages implements AutoCloseable {

    private final OpenTransactions open;
    private final PgoutputTables tables = new PgoutputTables();
    private PgoutputTables current = tables; // for the rows that come
    private long told;
    private @Nullable OpenTransaction committed; // is read back
    private Lsn end = new Lsn(0); // of that
    private Lsn position = new Lsn(0);

    CommittedMessages(OpenTransactions open) {
        this.open = open;
    }

    /** The next of a transaction that was held; null if none is left, and {@link #take} may have the next. */
    @Nullable
    PgoutputMessage next() throws IOException {
        OpenTransaction back = committed;
        if (back == null) {
            return null;
        }
        OpenTransaction.Held held = back.next();
        if (held == null) {
            close(back);
            return new PgoutputMessage.Commit(end);
        }
        position = held.position();
        PgoutputMessage message = PgoutputDecoder.decode(held.message(), true);
        if (message instanceof PgoutputMessage.Relation relation) {
            current.tell(relation, 0);
        }
        return message;
    }

    /**
     * Takes what the server sent, and says what it means now.
     *
     * @param at its position
     * @throws UnclearRollback if it is the end of one that has to be read again, now that it has committed
     */
    PgoutputMessage take(ByteBuffer bytes, Lsn at) throws IOException, UnclearRollback {
        position = at;
        char kind = PgoutputDecoder.kind(bytes);
        return open.inBlock() && kind != 'E' ? inBlock(kind, bytes) : outside(bytes);
    }

    /** Of the message that came last in the log; of a change, not of its commit. */
    Lsn position() {
        return position;
    }

    /** The table of a row that came last. */
    PgoutputTable table(int relation) {
        PgoutputTable table = current.find(relation);
        if (table == null) {
            throw new IllegalArgumentException("a row is of a table that was not announced: " + relation);
        }
        return table;
    }

    @Override
    public void close() {
        OpenTransaction back = committed;
        if (back != null) {
            close(back);
        }
        open.close();
    }

    private PgoutputMessage inBlock(char kind, ByteBuffer bytes) throws IOException {
        switch (kind) {
            case 'R' -> {
                told++;
                open.tell((PgoutputMessage.Relation) PgoutputDecoder.decode(bytes.duplicate(), true), told);
                open.hold(bytes, position);
            }
            case 'I', 'M', 'U', 'D', 'T' -> open.hold(bytes, position);
            case 'Y', 'O' -> PgoutputDecoder.decode(bytes, true);
            default ->
                throw new IllegalArgumentException("a message of pgoutput of the kind " + kind + " (0x"
                        + Integer.toHexString(kind) + ") comes in a block of a streamed transaction");
        }
        return new PgoutputMessage.Other(kind);
    }

    private PgoutputMessage outside(ByteBuffer bytes) throws IOException, UnclearRollback {
        PgoutputMessage message = PgoutputDecoder.decode(bytes, false);
        if (message instanceof PgoutputMessage.BlockStart start) {
            open.start(start);
        } else if (message instanceof PgoutputMessage.BlockEnd) {
            open.end();
        } else if (message instanceof PgoutputMessage.StreamAbort abort) {
            open.abort(abort);
        } else if (message instanceof PgoutputMessage.StreamCommit commit) {
            return commit(commit);
        } else if (message instanceof PgoutputMessage.Relation relation) {
            told++;
            tables.tell(relation, told);
        }
        return message;
    }

    /** One without changes would not have been sent when it committed, either. */
    private PgoutputMessage commit(PgoutputMessage.StreamCommit commit) throws UnclearRollback {
        OpenTransaction over = open.commit(commit);
        tables.addAll(over.tables());
        if (over.isEmpty()) {
            over.close();
            return commit;
        }
        committed = over;
        current = new PgoutputTables();
        end = commit.end();
        return new PgoutputMessage.Begin(commit.committedAt());
    }

    private void close(OpenTransaction back) {
        back.close();
        committed = null;
        current = tables;
    }
}
