package dev.tidemark.inbox;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import java.nio.charset.StandardCharsets;

/**
 * Text that Postgres stores as it is. It refuses U+0000, and the driver makes a question mark of a surrogate without
 * a partner, which would make two aggregates one.
 */
final class StorableText {

    private StorableText() {}

    /**
     * Returns {@code event}.
     *
     * @throws Unstorable if a part of its aggregate could not be stored
     */
    static Envelope require(Envelope event) throws Unstorable {
        Aggregate aggregate = event.aggregate();
        if (isStorable(aggregate.source())
                && isStorable(aggregate.tenantId())
                && isStorable(aggregate.type())
                && isStorable(aggregate.id())) {
            return event;
        }
        throw new Unstorable(event);
    }

    private static boolean isStorable(String text) {
        return text.indexOf('\0') < 0 && StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }

    /** A part of the aggregate is not text that can be stored. */
    static final class Unstorable extends Exception {

        private static final long serialVersionUID = 1;

        Unstorable(Envelope event) {
            super("source, tenant, type and id of an aggregate must not have U+0000 or lone surrogates, but those of "
                    + "event " + event.id() + " do");
        }
    }
}
