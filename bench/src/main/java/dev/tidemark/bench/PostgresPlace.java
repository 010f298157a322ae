package dev.tidemark.bench;

import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** A table of another database, on the same server. */
final class PostgresPlace implements Destination {

    private static final int AT_ONCE = 5000;

    private final PostgresServer server;
    private final Map<String, Database> databases = new HashMap<>();

    PostgresPlace(PostgresServer server) {
        this.server = server;
    }

    @Override
    public String open(String run) throws Exception {
        Database database = server.createDatabase();
        databases.put(run, database);
        database.runResource("dev/tidemark/sql/V008__incoming.sql");
        return "postgres: { url: \"" + database.url() + "\", user: \"" + database.user() + "\", password: \""
                + database.password() + "\" }";
    }

    @Override
    public void read(String run, Gate gate) throws Exception {
        Database database = Objects.requireNonNull(databases.remove(run), run);
        try (Connection connection = database.connect()) {
            connection.setAutoCommit(false); // or all of it is fetched at once
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(AT_ONCE);
                try (ResultSet rows = statement.executeQuery("select event::text from incoming order by position")) {
                    while (rows.next()) {
                        gate.arrived(Workload.findNumber(rows.getString(1).getBytes(StandardCharsets.UTF_8)));
                    }
                }
            }
        }
        server.dropDatabase(database);
    }

    @Override
    public void close() {
        databases.values().forEach(server::dropDatabase);
    }
}
