package dev.tidemark.relay.backlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.relay.Patience;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

final class PostgresBacklogsTest extends BacklogContract {

    private PostgresLeader leader;

    @BeforeEach
    @Override
    void openAllOfIt() throws Exception {
        leader = PostgresLeader.on(PostgresServer.shared());
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

    /** Millions of rows take longer to count than anything else takes. */
    @Test
    void aCountMayTakeLongerThanOtherAnswers() throws Exception {
        PGSimpleDataSource hurried = new PGSimpleDataSource();
        hurried.setUrl(leader.database().url());
        hurried.setUser(leader.database().user());
        hurried.setPassword(leader.database().password());
        hurried.setSocketTimeout(1); // seconds
        Backlogs backlogs = new PostgresBacklogs(Databases.one(hurried), leader.slot(), 3, null);
        try (Connection lock = leader.database().connect();
                Statement statement = lock.createStatement();
                Connection watching = leader.database().connect()) {
            lock.setAutoCommit(false);
            statement.execute("lock table tidemark.backlog in access exclusive mode");
            Future<Backlogs.Size> size = ForkJoinPool.commonPool().submit(() -> backlogs.size(SUBSCRIBER));
            await().until(() -> size.isDone() || isAskedForLong(watching));
            lock.commit();
            assertThat(size.get(Patience.BOUND.toSeconds(), TimeUnit.SECONDS)).isEqualTo(new Backlogs.Size(0, 0, 0));
        }
    }

    private static boolean isAskedForLong(Connection watching) throws SQLException {
        try (Statement statement = watching.createStatement();
                ResultSet row = statement.executeQuery("select exists (select from pg_stat_activity where"
                        + " wait_event_type = 'Lock' and datname = current_database()"
                        + " and clock_timestamp() - query_start > interval '2 seconds')")) {
            row.next();
            return row.getBoolean(1);
        }
    }
}
