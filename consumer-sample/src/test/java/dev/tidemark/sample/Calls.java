package dev.tidemark.sample;

import com.zaxxer.hikari.HikariConfig;
import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.CloudEventsHttp;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the tests of all services do: call one over HTTP, as a client or as a relay, and look into its database. */
public final class Calls {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private Calls() {}

    /** A database as {@code tidemark migrate} leaves it, but for the slot, which no test here needs. */
    public static HikariConfig migrated(Database database) throws SQLException {
        for (String file : List.of(
                "V001__outbox.sql",
                "V002__relay.sql",
                "V003__inbox.sql",
                "V010__inbox_waiting.sql",
                "V011__outbox_functions.sql")) {
            database.runResource("dev/tidemark/sql/" + file);
        }
        return pool(database);
    }

    /** The settings of a pool for a database as it is. */
    public static HikariConfig pool(Database database) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(database.url());
        config.setUsername(database.user());
        config.setPassword(database.password());
        return config;
    }

    /** @param headers names and values in turns */
    public static HttpResponse<String> call(String method, URI service, String path, String body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(service.resolve(path));
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        return HTTP.send(request.method(method, BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
    }

    /** Sends an event as a relay does and returns the status of the answer. */
    public static int deliver(URI service, Envelope event) throws IOException, InterruptedException {
        byte[] data = event.data();
        BodyPublisher body = data == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(data);
        HttpRequest.Builder request =
                HttpRequest.newBuilder(service.resolve("/events")).POST(body);
        CloudEventsHttp.headers(event).forEach(request::header);
        return HTTP.send(request.build(), BodyHandlers.discarding()).statusCode();
    }

    /** An event of {@code aggregateType/id} at {@code version}; without a payload it is a tombstone. */
    public static Envelope event(
            String source, String aggregateType, String id, long version, String type, @Nullable String json) {
        Envelope.Builder event = Envelope.builder()
                .id(UUID.nameUUIDFromBytes((source + id + version).getBytes(StandardCharsets.UTF_8)))
                .aggregate(new Aggregate(source, "", aggregateType, id))
                .aggregateVersion(version)
                .type(type)
                .dataSchema(Envelope.defaultDataSchema(source, type, 1))
                .time(Instant.parse("2026-11-20T10:15:30Z"));
        return json == null
                ? event.build()
                : event.data("application/json", json.getBytes(StandardCharsets.UTF_8))
                        .build();
    }

    /** The first column, as text. */
    public static List<String> column(Database database, String sql) throws SQLException {
        List<String> column = new ArrayList<>();
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                column.add(rows.getString(1));
            }
        }
        return column;
    }
}
