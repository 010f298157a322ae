package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;
import java.util.Map;

/** Which handler an event gets, by its type. */
final class Dispatch {

    private static final Handler<RuntimeException> NOTHING = (tx, event) -> {};

    private final Map<String, Handler<?>> handlers;
    private final UnknownType unknownType;

    Dispatch(Map<String, Handler<?>> handlers, UnknownType unknownType) {
        this.handlers = Map.copyOf(handlers);
        this.unknownType = unknownType;
    }

    /**
     * An event to be ignored gets a handler too: it passes through the inbox, or the next event of its aggregate
     * would look as if one were missing.
     *
     * @throws NoHandler if there is none and the event is not to be ignored
     */
    Handler<?> handlerFor(Envelope event) throws NoHandler {
        Handler<?> handler = handlers.get(event.type());
        if (handler != null) {
            return handler;
        }
        if (unknownType == UnknownType.REFUSE) {
            throw new NoHandler(event);
        }
        return NOTHING;
    }

    /** No handler was registered for the type of an event. */
    static final class NoHandler extends Exception {

        private static final long serialVersionUID = 1;

        NoHandler(Envelope event) {
            super("no handler for event " + event + "; register one with .on(\"" + event.type()
                    + "\", …), leave the type out of the subscription, or use UnknownType.IGNORE");
        }
    }
}
