package dev.tidemark.inbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.testkit.Database;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
final class SoleReaderTest {

    private static final Backoff SOON = new Backoff(Duration.ofMillis(1), Duration.ofMillis(1));
    private static final List<String> SEQUENCES = List.of("a", "b");

    private final HikariDataSource pool = new HikariDataSource();
    private AggregateQueues queues;
    private Term term;

    @BeforeEach
    void open() throws SQLException {
        Database database = Fixtures.database();
        pool.setJdbcUrl(database.url());
        pool.setUsername(database.user());
        pool.setPassword(database.password());
        pool.setMinimumIdle(0);
        queues = new AggregateQueues(Intakes.of(Inbox.of("reporting"), pool, Map.of(), 1), 1, SOON, "queues");
        SubscriptionSettings settings =
                new SubscriptionSettings("reporting", 1, 1, Unreadable.HOLD, SOON, Duration.ofSeconds(1));
        term = new Term(queues, settings, () -> {}, new CountDownLatch(1));
    }

    @AfterEach
    void close() {
        term.close();
        queues.close();
        pool.close();
    }

    @Test
    void aConnectionThatCannotBeUsedGoesBackToThePool() {
        fails("getNetworkTimeout", new SQLException("of a driver"));
        fails("getNetworkTimeout", new IllegalStateException("of a driver"));
        fails("createStatement", new SQLException("of a driver"));
        fails("createStatement", new IllegalStateException("of a driver"));
    }

    private void fails(String method, Exception failure) {
        DataSource failing = new AfterLook(pool, () -> {}) {
            @Override
            public Connection getConnection() throws SQLException {
                return failing(super.getConnection(), method, failure);
            }
        };
        assertThatThrownBy(() -> SoleReader.await(failing, SEQUENCES, term)).isSameAs(failure);
        assertThat(pool.getHikariPoolMXBean().getActiveConnections())
                .as("connections that never came back after %s", method)
                .isZero();
    }

    private static Connection failing(Connection connection, String failingMethod, Exception failure) {
        return (Connection) Proxy.newProxyInstance(
                SoleReaderTest.class.getClassLoader(),
                new Class<?>[] {Connection.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals(failingMethod)) {
                        throw failure;
                    }
                    try {
                        return method.invoke(connection, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void oneReadsAndItsConnectionGoesBackWhenItIsClosed() throws Exception {
        try (SoleReader reader = SoleReader.await(pool, SEQUENCES, term)) {
            reader.require();
            assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isEqualTo(1);
        }
        assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isZero();
    }
}
