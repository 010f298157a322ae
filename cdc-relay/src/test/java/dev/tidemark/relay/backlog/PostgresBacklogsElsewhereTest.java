package dev.tidemark.relay.backlog;

import dev.tidemark.testkit.PostgresServer;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The backlog in another database than the outbox. */
final class PostgresBacklogsElsewhereTest extends BacklogContract {

    private PostgresLeader leader;

    @BeforeEach
    @Override
    void openAllOfIt() throws Exception {
        leader = PostgresLeader.apart(PostgresServer.shared(), PostgresServer.shared(15));
        super.openAllOfIt();
    }

    @AfterEach
    void close() {
        leader.close();
    }

    @Override
    Backlogs backlogs() {
        return leader.backlogs();
    }

    @Override
    void letAnotherLead() throws SQLException {
        leader.letAnotherLead();
    }
}
