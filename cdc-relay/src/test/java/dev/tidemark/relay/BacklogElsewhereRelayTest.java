package dev.tidemark.relay;

import dev.tidemark.testkit.PostgresServer;

/** The same, with the backlog on another server, which counts its log otherwise. */
final class BacklogElsewhereRelayTest extends BacklogRelayTest {

    @Override
    OutboxFixture fixture(PostgresServer server) throws Exception {
        return new OutboxFixture(server, PostgresServer.shared());
    }
}
