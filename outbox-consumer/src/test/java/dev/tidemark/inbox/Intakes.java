package dev.tidemark.inbox;

import java.util.HashMap;
import java.util.Map;
import javax.sql.DataSource;

/** Makes intakes as subscriptions do. */
final class Intakes {

    private Intakes() {}

    /** @param attempts after which an event is given up */
    static Intake of(Inbox inbox, DataSource dataSource, Map<String, Handler<?>> handlers, int attempts) {
        Map<String, TypeHandlers> byType = new HashMap<>();
        handlers.forEach((type, handler) -> {
            TypeHandlers.Collected collected = new TypeHandlers.Collected(type);
            collected.any(handler);
            byType.put(type, collected.toHandlers());
        });
        return new Intake(inbox, dataSource, new Dispatch(byType, UnknownType.IGNORE, NewerSchema.REFUSE), attempts);
    }
}
