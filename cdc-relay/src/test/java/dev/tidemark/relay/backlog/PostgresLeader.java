package dev.tidemark.relay.backlog;

import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.sql.SQLException;
import java.util.List;

/**
 * A new database with our SQL, and a relay that leads in it.
 *
 * @param database of the backlog
 * @param source of the outbox; the same, unless the backlog is elsewhere
 * @param closing drops what was made
 */
record PostgresLeader(Database database, Database source, List<Runnable> closing) implements AutoCloseable {

    private static final int SEGMENTS = 4;

    static PostgresLeader on(PostgresServer server) throws SQLException {
        Database database = database(server);
        lead(database, database);
        return new PostgresLeader(database, database, List.of(() -> server.dropDatabase(database)));
    }

    /** With the backlog on another server, whose log is somewhere else: ahead of what this one will ever write. */
    static PostgresLeader apart(PostgresServer server, PostgresServer elsewhere) throws SQLException {
        Database source = database(server);
        Database database = database(elsewhere);
        for (int i = 0; i < SEGMENTS; i++) {
            database.run("select pg_logical_emit_message(false, 'test', ''), pg_switch_wal()");
        }
        lead(source, source);
        lead(database, source);
        return new PostgresLeader(
                database, source, List.of(() -> elsewhere.dropDatabase(database), () -> server.dropDatabase(source)));
    }

    private static Database database(PostgresServer server) throws SQLException {
        Database database = server.createDatabase();
        for (String script : List.of(
                "V001__outbox.sql",
                "V002__relay.sql",
                "V004__backlog.sql",
                "V006__start.sql",
                "V007__backlog_elsewhere.sql",
                "V009__redelivery.sql")) {
            database.runResource("dev/tidemark/sql/" + script);
        }
        return database;
    }

    private static void lead(Database database, Database source) throws SQLException {
        database.run("insert into tidemark.relay (slot, publication, outbox, system_identifier, timeline, epoch)"
                + " values ('" + source.name() + "', 'tidemark_outbox', 'public.outbox', '1', 1, 3)");
    }

    String slot() {
        return source.name();
    }

    Databases databases() {
        return database.equals(source)
                ? Databases.one(database.dataSource())
                : new Databases(database.dataSource(), source.dataSource());
    }

    Backlogs backlogs() {
        return new PostgresBacklogs(databases(), slot(), 3, null);
    }

    /** Where the backlog is, if it is elsewhere. */
    Place place() throws SQLException {
        for (Database one : List.of(source, database)) {
            one.run("update tidemark.relay set backlog = 'ab3e7f0a-5d2c-4e6b-8a54-0d2b1f6a7c11'");
        }
        return new Place(source::connect, database::connect, slot(), "there");
    }

    void letAnotherLead() throws SQLException {
        database.run("update tidemark.relay set epoch = epoch + 1");
    }

    @Override
    public void close() {
        closing.forEach(Runnable::run);
    }
}
