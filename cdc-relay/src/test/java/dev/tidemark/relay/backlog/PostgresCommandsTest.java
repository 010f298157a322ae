package dev.tidemark.relay.backlog;

import dev.tidemark.testkit.PostgresServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

final class PostgresCommandsTest extends CommandContract {

    private PostgresLeader leader;

    @BeforeEach
    @Override
    void oneDeadAndOneWaitingInEachOfTwoAggregates() throws Exception {
        leader = PostgresLeader.on(PostgresServer.shared());
        super.oneDeadAndOneWaitingInEachOfTwoAggregates();
    }

    @AfterEach
    void close() {
        leader.close();
    }

    @Override
    Backlogs backlogs() {
        return leader.backlogs();
    }
}
