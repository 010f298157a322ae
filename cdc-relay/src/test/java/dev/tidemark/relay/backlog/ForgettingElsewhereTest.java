package dev.tidemark.relay.backlog;

import dev.tidemark.testkit.PostgresServer;
import java.sql.SQLException;
import org.junit.jupiter.api.Tag;

/** It is the log of the outbox's server that says what may be forgotten. */
@Tag("long")
final class ForgettingElsewhereTest extends ForgettingContract {

    @Override
    int version() {
        return 18;
    }

    @Override
    PostgresLeader leader(PostgresServer server) throws SQLException {
        return PostgresLeader.apart(server, PostgresServer.shared());
    }
}
