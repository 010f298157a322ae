package dev.tidemark.relay.backlog;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * Lets only connections through that lead to the server with which a term began. What was stored on that one may be
 * missing on another, or after a start: who reads there would take for delivered what is lost, and who stores there would
 * hide it behind newer events.
 *
 * <p>A connection stays with one server for as long as it lives, so each is asked once. Safe for many threads.
 */
final class SameServer {

    private final String server;
    private final Map<Connection, Boolean> asked = Collections.synchronizedMap(new WeakHashMap<>());

    /** @param server as {@link Place#server()} */
    SameServer(String server) {
        this.server = server;
    }

    /** @throws FencedException if it leads to another one */
    void require(Connection connection) throws SQLException, FencedException {
        Connection itself = connection.unwrap(Connection.class); // what a pool hands out is another object each time
        if (asked.containsKey(itself)) {
            return;
        }
        if (!Place.server(connection).equals(server)) {
            throw new FencedException("the database of the backlog was started anew, or is on another server now:"
                    + " nothing was changed");
        }
        asked.put(itself, true);
    }
}
