package dev.tidemark.bench;

import dev.tidemark.outbox.Outbox;
import dev.tidemark.outbox.Storage;
import org.jspecify.annotations.Nullable;

/** With what a business transaction is written. */
enum WriteMode {
    /** The business row alone. */
    NONE("no event", null, false),
    /** The row stays; the aggregate type has no versions. */
    UNVERSIONED("RETAINED, unversioned", Storage.RETAINED, false),
    /** The row stays, and the version is counted: what everybody has who asks for nothing. */
    RETAINED("RETAINED, counted: the default", Storage.RETAINED, true),
    /** Inserted and deleted, and counted. */
    TRANSIENT("TRANSIENT, counted", Storage.TRANSIENT, true),
    /** A logical message, and counted. */
    WAL_ONLY("WAL_ONLY, counted", Storage.WAL_ONLY, true);

    private final String description;
    private final @Nullable Storage storage;
    private final boolean counted;

    WriteMode(String description, @Nullable Storage storage, boolean counted) {
        this.description = description;
        this.storage = storage;
        this.counted = counted;
    }

    String description() {
        return description;
    }

    /** Null if no event is written. */
    @Nullable
    Outbox outbox() {
        if (storage == null) {
            return null;
        }
        Outbox.Builder builder = Outbox.builder().source(Workload.SOURCE).storage(storage);
        return counted
                ? builder.build()
                : builder.unversioned(Workload.AGGREGATE_TYPE).build();
    }
}
