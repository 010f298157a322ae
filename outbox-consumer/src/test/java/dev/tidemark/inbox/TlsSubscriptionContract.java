package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.query;
import static dev.tidemark.inbox.Fixtures.user;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.TlsStore;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Whom a subscription trusts, and who it is itself, as its client is set up; against the broker's own listener, which has
 * a certificate for {@code localhost} and talks to nobody without a certificate.
 */
@Timeout(600)
abstract class TlsSubscriptionContract {

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private Database database;
    private HikariDataSource pool;

    /**
     * Who reads from a topic, queue or stream of this name, not started yet.
     *
     * @param host by which it reaches the broker
     * @param trusted whose certificate it trusts; null for those whom the JVM does
     * @param own with whose certificate it comes; null for none
     */
    abstract BrokerSubscriptionBuilder<?> subscription(
            String host, @Nullable TlsStore trusted, @Nullable TlsStore own, String name) throws Exception;

    abstract Reading start(BrokerSubscriptionBuilder<?> subscription);

    /** Makes the topic, queue or stream and puts an event into it, as others do. */
    abstract void send(String name, Envelope event) throws Exception;

    abstract TlsStore server();

    abstract TlsStore client();

    @BeforeEach
    void connect() throws SQLException {
        database = Fixtures.database();
        pool = new HikariDataSource();
        pool.setJdbcUrl(database.url());
        pool.setUsername(database.user());
        pool.setPassword(database.password());
        pool.setMinimumIdle(0);
    }

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void aServerThatNobodyVouchesForIsNotReadUntilItIsTrusted() throws Exception {
        String name = place();
        assertRefused("localhost", null, client(), name, "certification path");
        assertRead(name);
    }

    @Test
    void aServerWithAnothersCertificateIsNotRead() throws Exception {
        String name = place();
        assertRefused("127.0.0.1", server(), client(), name, "No subject alternative names");
        assertRead(name);
    }

    @Test
    void aServerThatWantsACertificateIsNotReadWithoutOne() throws Exception {
        String name = place();
        assertRefused("localhost", server(), null, name, "certificate");
        assertRead(name);
    }

    /** A new one with one event. */
    String place() throws Exception {
        String name = "t" + UUID.randomUUID().toString().replace("-", "");
        send(name, user("a", 1).build());
        return name;
    }

    Reading read(BrokerSubscriptionBuilder<?> subscription) {
        subscription.inbox(Inbox.of("reporting"));
        subscription.dataSource(pool);
        subscription.on("user-renamed", Fixtures::effect);
        return start(subscription);
    }

    private void assertRefused(String host, @Nullable TlsStore trusted, @Nullable TlsStore own, String name, String why)
            throws Exception {
        try (Reading reading = read(subscription(host, trusted, own, name))) {
            until(() -> reading.trouble().orElse("").toLowerCase(Locale.ROOT).contains(why.toLowerCase(Locale.ROOT)));
            assertThat(reading.trouble()).get().asString().doesNotContain(TlsStore.PASSWORD);
        }
        assertThat(effects()).isZero();
    }

    @SuppressWarnings("try") // it reads while it is open
    private void assertRead(String name) throws Exception {
        try (Reading reading = read(subscription("localhost", server(), client(), name))) {
            awaitEffect();
        }
    }

    void awaitEffect() {
        until(() -> effects() == 1);
    }

    private int effects() throws SQLException {
        return Integer.parseInt(query(database, "select count(*) from effect").get(0));
    }

    private static void until(Callable<Boolean> condition) {
        Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(condition);
    }
}
