package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The handlers of one event type: one for all schema versions, or some for one version each, with upcasters between. */
final class TypeHandlers {

    private final @Nullable Handler<?> any;
    private final NavigableMap<Integer, Handler<?>> versions;
    private final Map<Integer, Upcaster> upcasters;

    private TypeHandlers(
            @Nullable Handler<?> any, NavigableMap<Integer, Handler<?>> versions, Map<Integer, Upcaster> upcasters) {
        this.any = any;
        this.versions = versions;
        this.upcasters = upcasters;
    }

    /** The handler, after the upcasters that bring the event up to its version. */
    Handler<?> handlerFor(Envelope event, NewerSchema newerSchema)
            throws Dispatch.NoHandler, Dispatch.NewerSchemaVersion {
        if (any != null) {
            return any;
        }
        int version = event.schemaVersion();
        Map.Entry<Integer, Handler<?>> next = versions.ceilingEntry(version);
        if (next == null) {
            if (newerSchema == NewerSchema.REFUSE) {
                throw new Dispatch.NewerSchemaVersion(event, versions.lastKey());
            }
            return versions.lastEntry().getValue();
        }
        return next.getKey() == version ? next.getValue() : upcasting(event, version, next.getKey(), next.getValue());
    }

    private <X extends Exception> Handler<?> upcasting(Envelope event, int from, int to, Handler<X> handler)
            throws Dispatch.NoHandler {
        List<Upcaster> steps = new ArrayList<>();
        for (int version = from; version < to; version++) {
            Upcaster step = upcasters.get(version);
            if (step == null) {
                throw new Dispatch.NoHandler(
                        "event " + event + " has schema version " + from + ", there is a handler for "
                                + to + ", and nothing that makes " + version + " into " + (version + 1)
                                + "; register it with .upcast(\"" + event.type() + "\", " + version + ", …)");
            }
            steps.add(step);
        }
        Handler<Exception> upcasting = (tx, older) -> handler.handle(tx, upcast(older, steps, to));
        return upcasting;
    }

    /** All but payload and schema version stay; what has no payload has none in any version. */
    private static Envelope upcast(Envelope older, List<Upcaster> steps, int to) throws Exception {
        byte[] payload = older.data();
        String contentType = older.dataContentType();
        Envelope.Builder newer = older.toBuilder().dataSchema(withVersion(older.dataSchema(), to));
        if (payload == null || contentType == null) {
            return newer.build();
        }
        for (Upcaster step : steps) {
            payload = step.upcast(payload);
        }
        return newer.data(contentType, payload).build();
    }

    private static String withVersion(String dataSchema, int version) {
        int end = Math.max(dataSchema.lastIndexOf(':'), dataSchema.lastIndexOf('/')) + 1;
        boolean hasVersion =
                end < dataSchema.length() && dataSchema.chars().skip(end).allMatch(c -> c >= '0' && c <= '9');
        return hasVersion ? dataSchema.substring(0, end) + version : dataSchema + ":" + version;
    }

    /** Collects what is registered for one type. */
    static final class Collected {

        private final String type;
        private @Nullable Handler<?> any;
        private final NavigableMap<Integer, Handler<?>> versions = new TreeMap<>();
        private final Map<Integer, Upcaster> upcasters = new TreeMap<>();

        Collected(String type) {
            this.type = type;
        }

        void any(Handler<?> handler) {
            if (any != null || !versions.isEmpty()) {
                throw new IllegalArgumentException("there is a handler for " + type
                        + " already; one type has one, or one" + " for each schema version");
            }
            any = handler;
        }

        void version(int version, Handler<?> handler) {
            if (any != null) {
                throw new IllegalArgumentException("there is a handler for all schema versions of " + type
                        + " already, so none can have one for version " + version);
            }
            if (versions.putIfAbsent(positive(version), handler) != null) {
                throw new IllegalArgumentException(
                        "there is a handler for schema version " + version + " of " + type + " already");
            }
        }

        void upcaster(int from, Upcaster upcaster) {
            if (upcasters.putIfAbsent(positive(from), upcaster) != null) {
                throw new IllegalArgumentException(
                        "there is an upcaster from schema version " + from + " of " + type + " already");
            }
        }

        private int positive(int version) {
            if (version < 1) {
                throw new IllegalArgumentException(
                        "a schema version of " + type + " must be at least 1, but was: " + version);
            }
            return version;
        }

        /** @throws IllegalArgumentException if an upcaster leads to no handler */
        TypeHandlers toHandlers() {
            for (int from : upcasters.keySet()) {
                if (versions.isEmpty() || from >= versions.lastKey()) {
                    throw new IllegalArgumentException("the upcaster from schema version " + from + " of " + type
                            + " leads to no handler; register one with .on(\"" + type + "\", " + (from + 1) + ", …)"
                            + " or a newer version");
                }
            }
            return new TypeHandlers(any, new TreeMap<>(versions), Map.copyOf(upcasters));
        }
    }
}
