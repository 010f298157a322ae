package dev.tidemark.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.relay.config.CustomSinkConfig;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.FaultyProxy;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class PoolTest {

    private static final Duration DEADLINE = Duration.ofMinutes(2);

    /** Long enough to be met from outside; a login has time for several. */
    private static final Duration HOLD = Duration.ofMillis(150);

    private static final int MOST_TRIES = 20;

    private static final String ASKED =
            "select count(*) from pg_stat_activity where query ilike 'show transaction isolation level'";

    /** A database that crashes while the first lane opens its backlog must not leave a pool that is broken for good. */
    @Test
    void aPoolWhoseFirstConnectionBreaksWhileItIsSetUpMakesAnother() throws Exception {
        PostgresServer server = PostgresServer.shared();
        Database database = server.createDatabase();
        boolean met = false;
        for (int tries = 0; tries < MOST_TRIES && !met; tries++) {
            try (FaultyProxy link = FaultyProxy.to(server.host(), server.port());
                    HikariDataSource pool = Pool.of(through(link, database).source())) {
                link.delay(HOLD);
                CompletableFuture<Boolean> first = CompletableFuture.supplyAsync(() -> connects(pool));
                await().atMost(DEADLINE)
                        .pollInterval(Duration.ofMillis(5))
                        .until(() -> first.isDone() || isAsked(database));
                met = !first.isDone();
                link.reset();
                link.pass();
                await().atMost(DEADLINE).until(() -> connects(pool));
            }
        }
        assertThat(met)
                .as("a connection was broken while the pool was setting it up")
                .isTrue();
    }

    private static RelayConfig through(FaultyProxy link, Database database) {
        return RelayConfig.builder()
                .source(SourceConfig.builder()
                        .url("jdbc:postgresql://" + link.host() + ":" + link.port() + "/" + database.name())
                        .user(database.user())
                        .password(Secret.of(database.password()))
                        .slot("unused")
                        .build())
                .subscriber(SubscriberConfig.builder("unused")
                        .sink(new CustomSinkConfig(new RecordingSink()))
                        .build())
                .build();
    }

    private static boolean connects(HikariDataSource pool) {
        try (Connection connection = pool.getConnection()) {
            return connection.isValid(0);
        } catch (SQLException e) {
            return false;
        }
    }

    /** Whether some connection has asked, and has not asked anything else since. */
    private static boolean isAsked(Database database) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(ASKED)) {
            row.next();
            return row.getInt(1) > 0;
        }
    }
}
