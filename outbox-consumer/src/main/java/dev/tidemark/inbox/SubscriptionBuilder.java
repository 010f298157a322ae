package dev.tidemark.inbox;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The settings that all subscriptions have; for one thread.
 *
 * @param <B> the builder itself
 */
abstract class SubscriptionBuilder<B extends SubscriptionBuilder<B>> {

    private @Nullable Inbox inbox;
    private @Nullable DataSource dataSource;
    private final Map<String, Handler<?>> handlers = new HashMap<>();
    private UnknownType unknownType = UnknownType.IGNORE;
    private Duration stopDeadline = Duration.ofSeconds(10);

    abstract B self();

    /** Whose memory decides what is new; required. */
    public B inbox(Inbox inbox) {
        this.inbox = requireNonNull(inbox, "inbox");
        return self();
    }

    /** A pool for the database of the inbox and of all effects; required. Has auto-commit switched off. */
    public B dataSource(DataSource dataSource) {
        this.dataSource = requireNonNull(dataSource, "dataSource");
        return self();
    }

    /**
     * What to do with events of one type.
     *
     * @param type exactly as it stands on the wire, with the relay's {@code typeprefix} if it has one
     * @throws IllegalArgumentException if there is a handler for it already
     */
    public B on(String type, Handler<?> handler) {
        if (handlers.putIfAbsent(requireNonNull(type, "type"), requireNonNull(handler, "handler")) != null) {
            throw new IllegalArgumentException("there is a handler for " + type + " already; one type has one");
        }
        return self();
    }

    /** What becomes of other types; {@link UnknownType#IGNORE} by default. */
    public B unknownType(UnknownType unknownType) {
        this.unknownType = requireNonNull(unknownType, "unknownType");
        return self();
    }

    /** How long closing waits for events that are being handled; 10 s by default. */
    public B stopDeadline(Duration stopDeadline) {
        this.stopDeadline = requireNonNull(stopDeadline, "stopDeadline");
        return self();
    }

    /** @throws NullPointerException if it is missing */
    Inbox requiredInbox() {
        return requireNonNull(inbox, "inbox is required, such as .inbox(Inbox.of(\"shipping\"))");
    }

    /** @throws NullPointerException if it is missing */
    DataSource requiredDataSource() {
        return requireNonNull(dataSource, "dataSource is required: the pool of the inbox's database");
    }

    Intake intake() {
        return new Intake(requiredInbox(), requiredDataSource(), new Dispatch(handlers, unknownType));
    }

    Duration stopDeadline() {
        return stopDeadline;
    }

    static int atLeastOne(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, but was: " + value);
        }
        return value;
    }
}
