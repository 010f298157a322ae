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
    private final Map<String, TypeHandlers.Collected> handlers = new HashMap<>();
    private NewerSchema newerSchema = NewerSchema.REFUSE;
    private int attempts = 20;
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
     * What to do with events of one type, of whatever schema version.
     *
     * @param type exactly as it stands on the wire, with the relay's {@code typeprefix} if it has one
     * @throws IllegalArgumentException if there is a handler for it already
     */
    public B on(String type, Handler<?> handler) {
        collected(type).any(requireNonNull(handler, "handler"));
        return self();
    }

    /**
     * What to do with events of one type and schema version. Those of an older version, down to the next that has a handler,
     * are given to it too, after {@link #upcast upcasters} have made them into this one; those that are newer than all
     * handlers are for {@link #newerSchema}.
     *
     * @param schemaVersion the number at the end of {@code dataschema}, from 1
     * @throws IllegalArgumentException if there is a handler for it already
     */
    public B on(String type, int schemaVersion, Handler<?> handler) {
        collected(type).version(schemaVersion, requireNonNull(handler, "handler"));
        return self();
    }

    /**
     * How a payload of {@code fromVersion} becomes one of the next version.
     *
     * @throws IllegalArgumentException if there is an upcaster from it already; from {@code build}, if there is no handler for
     *     any newer version
     */
    public B upcast(String type, int fromVersion, Upcaster upcaster) {
        collected(type).upcaster(fromVersion, requireNonNull(upcaster, "upcaster"));
        return self();
    }

    private TypeHandlers.Collected collected(String type) {
        return handlers.computeIfAbsent(requireNonNull(type, "type"), TypeHandlers.Collected::new);
    }

    /** What becomes of schema versions newer than all that have handlers; {@link NewerSchema#REFUSE} by default. */
    public B newerSchema(NewerSchema newerSchema) {
        this.newerSchema = requireNonNull(newerSchema, "newerSchema");
        return self();
    }

    /**
     * How often an event is tried before it is dead in the inbox, from 1; 20 by default, with the waits between some six
     * minutes. What follows of its aggregate waits behind it, other aggregates go on, and the broker need not keep any of them;
     * see {@link InboxAdmin}. What is the database's fault is not counted. An event that no attempt could help, such as one
     * whose type is refused, is dead at once.
     *
     * <p>Over HTTP it is counted only for events that have waited in the inbox: others are answered, and stay with the
     * sender.
     */
    public B attempts(int attempts) {
        this.attempts = atLeastOne("attempts", attempts);
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

    /** @throws IllegalArgumentException if an upcaster leads to no handler */
    Intake intake() {
        Map<String, TypeHandlers> byType = new HashMap<>();
        handlers.forEach((type, collected) -> byType.put(type, collected.toHandlers()));
        return new Intake(
                requiredInbox(), requiredDataSource(), new Dispatch(byType, unknownType, newerSchema), attempts);
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
