package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;
import java.util.Map;
import java.util.Set;

/** Which handler an event gets, by its type and schema version. */
final class Dispatch {

    private static final Handler<RuntimeException> NOTHING = (tx, event) -> {};

    /** What a relay sends in place of an event that it leaves out, so that the versions have no hole. */
    private static final String SKIPPED = "tidemark.skipped";

    private final Map<String, TypeHandlers> handlers;
    private final UnknownType unknownType;
    private final NewerSchema newerSchema;

    Dispatch(Map<String, TypeHandlers> handlers, UnknownType unknownType, NewerSchema newerSchema) {
        this.handlers = Map.copyOf(handlers);
        this.unknownType = unknownType;
        this.newerSchema = newerSchema;
    }

    /** Those that there are handlers for. */
    Set<String> types() {
        return handlers.keySet();
    }

    boolean has(String type) {
        return handlers.containsKey(type);
    }

    /**
     * An event to be ignored gets a handler too: it passes through the inbox, or the next event of its aggregate
     * would look as if one were missing.
     *
     * @throws NoHandler if there is none and the event is not to be ignored
     * @throws NewerSchemaVersion if it is newer than all that there are, and not to be taken
     */
    Handler<?> handlerFor(Envelope event) throws NoHandler, NewerSchemaVersion {
        TypeHandlers versions = handlers.get(event.type());
        if (versions != null) {
            return versions.handlerFor(event, newerSchema);
        }
        if (event.type().equals(SKIPPED)) {
            return NOTHING;
        }
        if (unknownType == UnknownType.REFUSE) {
            throw new NoHandler("no handler for event " + event + "; register one with .on(\"" + event.type()
                    + "\", …), leave the type out of the subscription, or use UnknownType.IGNORE");
        }
        return NOTHING;
    }

    /** No handler was registered for the type of an event, or none that its schema version could be brought up to. */
    static final class NoHandler extends Exception {

        private static final long serialVersionUID = 1;

        NoHandler(String message) {
            super(message);
        }
    }

    /** The event is of a schema version that this program does not know yet. */
    static final class NewerSchemaVersion extends Exception {

        private static final long serialVersionUID = 1;

        NewerSchemaVersion(Envelope event, int newest) {
            super("event " + event + " has schema version " + event.schemaVersion()
                    + ", and the newest that is handled is "
                    + newest + "; deploy a consumer that knows it and retry the event, or use NewerSchema.TAKE if newer"
                    + " versions of " + event.type() + " only add what may be ignored");
        }
    }
}
