package dev.tidemark.torture;

/** The ways into the outbox, all of them used at once over the same aggregates. */
enum Way {
    /** One by one through the writer, into the table. */
    RETAINED(1),
    /** One by one through the writer: inserted and deleted again. */
    TRANSIENT(1),
    /** One by one through the writer: into the write-ahead log only. */
    WAL_ONLY(1),
    /** Many through the writer, in one round trip. */
    BATCH(12),
    /** Many rows in one insert statement of somebody who does not have the writer. */
    PLAIN_SQL(20),
    /** Many rows by COPY. */
    COPY(60);

    private final int most;

    Way(int most) {
        this.most = most;
    }

    /** How many changes one transaction makes at most. */
    int most() {
        return most;
    }
}
