package dev.tidemark.relay.migrate;

import dev.tidemark.testkit.PostgresServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** On the oldest version that is supported. */
class OldestMigrationTest extends MigrationContract {

    private static PostgresServer server;

    @BeforeAll
    static void start() {
        server = PostgresServer.builder().majorVersion(15).start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Override
    PostgresServer server() {
        return server;
    }
}
