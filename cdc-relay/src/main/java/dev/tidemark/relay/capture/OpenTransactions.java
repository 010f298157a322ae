package dev.tidemark.relay.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The streamed transactions that are open, and what came of them: all together in so much memory, and beyond that, the
 * biggest first, in a file for each. For one thread.
 *
 * <p>Nothing of it outlives a stream: the server sends all of them again, from their beginning.
 */
final class OpenTransactions implements AutoCloseable {

    /** More is of no use: a file is not slow. */
    private static final long MOST_BYTES = 256L << 20;

    private final long mostBytes;
    private final HeldBytes.Overflow overflow;
    private final Map<Integer, OpenTransaction> transactions = new HashMap<>();
    private @Nullable OpenTransaction block;
    private long memoryBytes;

    /**
     * None yet.
     *
     * @param mostBytes of memory
     * @param prefix of the files' names
     */
    OpenTransactions(long mostBytes, Path directory, String prefix) throws IOException {
        this.mostBytes = Math.min(mostBytes, MOST_BYTES);
        this.overflow = () -> SpillFile.create(directory, prefix);
        SpillFile.prepare(directory, prefix);
    }

    /** Whether the next message is of one of them. */
    boolean inBlock() {
        return block != null;
    }

    void start(PgoutputMessage.BlockStart start) {
        requireNoBlock();
        OpenTransaction known = transactions.get(start.xid());
        if (start.first() == (known != null)) {
            throw new IllegalArgumentException("a block of the streamed transaction " + start.xid()
                    + (start.first() ? " is called its first, but is not" : " comes, but its first did not"));
        }
        if (known == null) {
            known = new OpenTransaction(start.xid(), overflow);
            transactions.put(start.xid(), known);
        }
        block = known;
    }

    void end() {
        current();
        block = null;
    }

    /** Keeps a message of the block. */
    void hold(ByteBuffer message, Lsn position) throws IOException {
        OpenTransaction current = current();
        long before = current.memoryBytes();
        current.add(message, position);
        memoryBytes += current.memoryBytes() - before;
        while (memoryBytes > mostBytes) {
            spillBiggest();
        }
    }

    /** Keeps, beside the message, what it tells. */
    void tell(PgoutputMessage.Relation relation, long number) {
        current().tables().tell(relation, number);
    }

    /** Forgets one, or part of one. PostgreSQL 18 also tells of some of which it has sent nothing. */
    void abort(PgoutputMessage.StreamAbort abort) throws IOException {
        requireNoBlock();
        OpenTransaction known = transactions.get(abort.xid());
        if (known != null && abort.subxid() == abort.xid()) {
            remove(abort.xid()).close();
        } else if (known != null) {
            long before = known.memoryBytes();
            known.rollBack(abort.subxid());
            memoryBytes += known.memoryBytes() - before;
        }
    }

    /**
     * It has committed, and is the caller's, to be closed.
     *
     * @throws UnclearRollback if nobody can say what is of it
     */
    OpenTransaction commit(PgoutputMessage.StreamCommit commit) throws UnclearRollback {
        requireNoBlock();
        OpenTransaction over = remove(commit.xid());
        if (over.isLost()) {
            over.close();
            throw new UnclearRollback();
        }
        return over;
    }

    /** Of the heap, whatever is in the files. */
    long memoryBytes() {
        return memoryBytes;
    }

    void requireNoBlock() {
        if (block != null) {
            throw new IllegalArgumentException("a block of a streamed transaction does not end");
        }
    }

    @Override
    public void close() {
        transactions.values().forEach(OpenTransaction::close);
        transactions.clear();
        block = null;
        memoryBytes = 0;
    }

    private OpenTransaction current() {
        OpenTransaction current = block;
        if (current == null) {
            throw new IllegalArgumentException("a block of a streamed transaction ends that did not begin");
        }
        return current;
    }

    private OpenTransaction remove(int xid) {
        OpenTransaction removed = transactions.remove(xid);
        if (removed == null) {
            throw new IllegalArgumentException("the streamed transaction " + xid + " ends, but did not begin");
        }
        memoryBytes -= removed.memoryBytes();
        return removed;
    }

    private void spillBiggest() throws IOException {
        OpenTransaction biggest = transactions.values().stream()
                .max(Comparator.comparingLong(OpenTransaction::memoryBytes))
                .orElseThrow();
        memoryBytes -= biggest.memoryBytes();
        biggest.spill();
    }
}
