package dev.tidemark.sample.demo.via;

import dev.tidemark.inbox.Handler;
import dev.tidemark.inbox.Inbox;
import java.util.Map;
import java.util.function.BiConsumer;
import javax.sql.DataSource;

/**
 * What a service does with events, however they come.
 *
 * @param database the pool of the inbox's database
 * @param handlers by the type of an event
 */
public record Receiving(Inbox inbox, DataSource database, Map<String, Handler<?>> handlers) {

    /** Registers each handler, such as by {@code builder::on}. */
    void handle(BiConsumer<String, Handler<?>> on) {
        handlers.forEach(on);
    }
}
