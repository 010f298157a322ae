package dev.tidemark.relay.sink;

import static org.awaitility.Awaitility.await;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.FaultyProxy;
import dev.tidemark.testkit.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A database with the table, whose trigger refuses the events that a test has named, in a real server's words. */
final class PostgresDestination implements SinkContract.Destination, AutoCloseable {

    private static final String TRIGGER = """
            create table refused (event text primary key, sqlstate text not null);
            create function refuse() returns trigger language plpgsql as $$
            declare
                state text := (select sqlstate from refused where event = new.aggregateid || '@' || new.aggregateversion);
            begin
                if state = 'sleep' then
                    perform pg_sleep(3600);
                elsif state is not null then
                    raise exception 'not this one: %', new.event using errcode = state;
                end if;
                return new;
            end
            $$;
            create trigger refuse before insert on incoming for each row execute function refuse()""";

    private final PostgresServer server;
    private final Database database;
    private @Nullable FaultyProxy proxy;

    PostgresDestination(PostgresServer server) {
        this.server = server;
        this.database = server.createDatabase();
        try {
            for (String script :
                    List.of("V001__outbox", "V002__relay", "V003__inbox", "V008__incoming", "V010__inbox_waiting")) {
                database.runResource("dev/tidemark/sql/" + script + ".sql");
            }
            database.run(TRIGGER);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    Database database() {
        return database;
    }

    /** As the sink is to connect, through a proxy of this object. */
    String url() {
        FaultyProxy link = FaultyProxy.to(server.host(), server.port());
        proxy = link;
        return "jdbc:postgresql://" + link.host() + ":" + link.port() + "/" + database.name();
    }

    @Override
    public List<Envelope> accepted() {
        List<Envelope> events = new ArrayList<>();
        for (String event : ask("select event from incoming order by position")) {
            events.add(CloudEventsJson.read(event.getBytes(StandardCharsets.UTF_8)));
        }
        return events;
    }

    /** The first column of each row. */
    List<String> ask(String query) {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            List<String> found = new ArrayList<>();
            while (rows.next()) {
                found.add(rows.getString(1));
            }
            return found;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    void run(String sql) {
        try {
            database.run(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void refuse(String event, String how) {
        run("insert into refused values ('" + event + "', '" + how + "')");
    }

    @Override
    public void refuseForNow(String event) {
        refuse(event, "40001");
    }

    @Override
    public void refuseForGood(String event) {
        refuse(event, "23514");
    }

    @Override
    public void leaveUnanswered(String event) {
        refuse(event, "sleep");
    }

    @Override
    public void awaitUnanswered() {
        await().until(() -> !ask("select pid from pg_stat_activity where datname = current_database()"
                        + " and wait_event = 'PgSleep'")
                .isEmpty());
    }

    @Override
    public void acceptAll() {
        run("delete from refused");
    }

    @Override
    public void disappear() {
        FaultyProxy link = proxy;
        if (link != null) {
            link.close();
        }
    }

    @Override
    public void close() {
        disappear();
        server.dropDatabase(database);
    }
}
