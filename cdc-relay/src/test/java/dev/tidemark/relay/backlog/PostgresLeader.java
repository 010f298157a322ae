package dev.tidemark.relay.backlog;

import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.sql.SQLException;
import java.util.List;

/** A new database with our SQL, and a relay that leads in it. */
record PostgresLeader(PostgresServer server, Database database) implements AutoCloseable {

    static PostgresLeader on(PostgresServer server) throws SQLException {
        Database database = server.createDatabase();
        for (String script : List.of("V001__outbox.sql", "V002__relay.sql", "V004__backlog.sql", "V006__start.sql")) {
            database.runResource("dev/tidemark/sql/" + script);
        }
        database.run("insert into tidemark.relay (slot, publication, outbox, system_identifier, timeline, epoch)"
                + " values ('" + database.name() + "', 'tidemark_outbox', 'public.outbox', '1', 1, 3)");
        return new PostgresLeader(server, database);
    }

    String slot() {
        return database.name();
    }

    Backlogs backlogs() {
        return new PostgresBacklogs(database.dataSource(), slot(), 3);
    }

    void letAnotherLead() throws SQLException {
        database.run("update tidemark.relay set epoch = epoch + 1");
    }

    @Override
    public void close() {
        server.dropDatabase(database);
    }
}
