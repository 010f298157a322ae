package dev.tidemark.sample.demo.via;

import dev.tidemark.testkit.Database;
import java.net.URI;

/**
 * Where the events for one service go.
 *
 * @param service such as {@code orders}; its topic, queue or stream has the same name
 * @param database the service's own
 * @param address of the broker, such as {@code redis://127.0.0.1:6379}; of the service itself where there is none, such as
 *     {@code http://127.0.0.1:8080/events}
 */
public record Place(String service, Database database, URI address) {

    /** Such as {@code 127.0.0.1:6379}. */
    String authority() {
        return address.getAuthority();
    }
}
