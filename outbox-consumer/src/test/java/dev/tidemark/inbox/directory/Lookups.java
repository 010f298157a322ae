package dev.tidemark.inbox.directory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.envelope.Receipt;
import dev.tidemark.envelope.Receipts;
import dev.tidemark.inbox.Inbox;
import dev.tidemark.inbox.InboxListener;
import dev.tidemark.inbox.Outcome;
import dev.tidemark.inbox.ReadModel;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.ManualClock;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A real replica, and an owner that answers as it is told. */
abstract class Lookups {

    static final Instant OCCURRED = Instant.parse("2026-11-20T10:15:30Z");
    static final Duration PATIENCE = Duration.ofMinutes(2);
    static final Duration SHORT = Duration.ofMillis(20);
    static final Duration MINUTE = Duration.ofMinutes(1);

    final ManualClock clock = ManualClock.startingAt(OCCURRED);
    final Inbox inbox = Inbox.builder("reporting")
            .clock(clock)
            .listener(InboxListener.silent())
            .build();
    final HttpClient http = HttpClient.newHttpClient();
    final ExecutorService threads = Executors.newCachedThreadPool();
    final Database database;
    ReadModel users;
    UsersApi api;

    Lookups(Database database) {
        this.database = database;
    }

    @BeforeEach
    void start() throws Exception {
        database.runResource("dev/tidemark/sql/V003__inbox.sql");
        database.runResource("dev/tidemark/sql/V010__inbox_waiting.sql");
        database.run(
                "create table user_replica (user_id text primary key, name text not null, version bigint not null)");
        users = ReadModel.table("user_replica")
                .key("user_id")
                .version("version")
                .follows("users", "user")
                .inbox(inbox)
                .dataSource(database.dataSource())
                .build();
        api = new UsersApi();
    }

    @AfterEach
    void stop() {
        api.close();
        threads.shutdownNow();
    }

    Directory.Builder<String, String> builder() {
        return Directory.<String, String>builder()
                .replica(users, Lookups::aggregate, this::replica)
                .patience(SHORT)
                .timeout(PATIENCE);
    }

    Directory<String, String> directory(UnaryOperator<Directory.Builder<String, String>> settings) {
        return settings.apply(builder().owner(owner())).build();
    }

    HttpOwner<String, String> owner() {
        return HttpOwner.<String, String>builder()
                .client(http)
                .uri(api::user)
                .header("authorization", () -> "Bearer s3cret")
                .reader(body -> new String(body, StandardCharsets.UTF_8))
                .maxBodyBytes(20)
                .build();
    }

    static Aggregate aggregate(String id) {
        return new Aggregate("users", "", "user", id);
    }

    static Receipts receipt(String id, long version) {
        return Receipts.of(Receipt.ofVersion(aggregate(id), version));
    }

    Optional<Copy<String>> replica(String id) throws SQLException {
        try (Connection connection = database.connect();
                PreparedStatement query =
                        connection.prepareStatement("select name, version from user_replica where user_id = ?")) {
            query.setString(1, id);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? Optional.of(new Copy<>(row.getString(1), row.getLong(2))) : Optional.empty();
            }
        }
    }

    /** A name that came by an event; null for a deletion. */
    void replicate(String id, long version, @Nullable String name) throws SQLException {
        Envelope event = Envelope.builder()
                .id(UUID.nameUUIDFromBytes((id + version).getBytes(StandardCharsets.UTF_8)))
                .aggregate(aggregate(id))
                .aggregateVersion(version)
                .type("user-renamed")
                .dataSchema(Envelope.defaultDataSchema("users", "user-renamed", 1))
                .time(OCCURRED)
                .build();
        try (Connection tx = database.connect()) {
            tx.setAutoCommit(false);
            Outcome outcome = inbox.handle(tx, event, (connection, one) -> {
                if (name == null) {
                    users.delete(connection, one);
                } else {
                    users.apply(connection, one, Map.of("name", name));
                }
            });
            tx.commit();
            inbox.committed(event, outcome);
        }
    }

    static void assertFound(Found<String> found, @Nullable String name, long version, Origin origin) {
        assertThat(found.value()).isEqualTo(Optional.ofNullable(name));
        assertThat(found.version()).isEqualTo(version);
        assertThat(found.origin()).isEqualTo(origin);
        assertThat(found.stale()).as("stale, because %s", found.reason()).isFalse();
        assertThat(found.reason()).isNull();
    }

    static void assertStale(Found<String> found, @Nullable String name, String reason) {
        assertThat(found.value()).isEqualTo(Optional.ofNullable(name));
        assertThat(found.origin()).isEqualTo(Origin.REPLICA);
        assertThat(found.stale()).isTrue();
        assertThat(found.reason()).matches(reason);
    }
}
