package dev.tidemark.relay.capture;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the server's plugin pgoutput says, as far as a feed needs it.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html">message formats</a>
 */
sealed interface PgoutputMessage {

    /** A transaction begins: it has committed, and all of it follows. */
    record Begin(Instant committedAt) implements PgoutputMessage {}

    /**
     * The transaction is over.
     *
     * @param end of its commit in the log: a slot that has confirmed this does not send it again
     */
    record Commit(Lsn end) implements PgoutputMessage {}

    /**
     * Until {@link BlockEnd} follow messages of a transaction that is still open.
     *
     * @param first whether nothing of it came before
     */
    record BlockStart(int xid, boolean first) implements PgoutputMessage {}

    /** What follows is of another transaction. */
    record BlockEnd() implements PgoutputMessage {}

    /**
     * All of a transaction came in blocks, and it has committed.
     *
     * @param end as that of {@link Commit}
     */
    record StreamCommit(int xid, Instant committedAt, Lsn end) implements PgoutputMessage {}

    /**
     * What came of it in blocks never was.
     *
     * @param subxid the subtransaction that was rolled back; {@code xid} if it was all of the transaction
     */
    record StreamAbort(int xid, int subxid) implements PgoutputMessage {}

    /** How rows of a table look from now on. */
    record Relation(int id, PgoutputTable table) implements PgoutputMessage {}

    /**
     * A new row.
     *
     * @param values of its columns as text; null for SQL NULL
     */
    record Insert(int relation, List<@Nullable ByteBuffer> values) implements PgoutputMessage {}

    /** A logical message; one that is not transactional comes between transactions, and says nothing of a commit. */
    record Logical(boolean transactional, Lsn lsn, String prefix, ByteBuffer content) implements PgoutputMessage {}

    /** Of no interest. */
    record Other(char kind) implements PgoutputMessage {}
}
