package dev.tidemark.relay;

import dev.tidemark.testkit.PostgresServer;
import org.junit.jupiter.api.Tag;

/** The same, with the backlog on another server, which counts its log otherwise. */
@Tag("long")
final class BacklogElsewhereRelayTest extends BacklogRelayTest {

    @Override
    OutboxFixture fixture(PostgresServer server) throws Exception {
        return new OutboxFixture(server, PostgresServer.shared());
    }
}
