package dev.tidemark.outbox;

import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** A database with an outbox, on the one server of this JVM. */
public final class OutboxDatabase {

    private static final PostgresServer SERVER = PostgresServer.start();

    private final Database database;

    private OutboxDatabase(Database database) {
        this.database = database;
    }

    public static OutboxDatabase create() throws SQLException {
        Database database = empty();
        database.runResource("dev/tidemark/sql/V001__outbox.sql");
        database.runResource("dev/tidemark/sql/V002__relay.sql");
        database.runResource("dev/tidemark/sql/V011__outbox_functions.sql");
        return new OutboxDatabase(database);
    }

    static Database empty() {
        return SERVER.createDatabase();
    }

    public Database database() {
        return database;
    }

    /** A connection with a transaction open. */
    Connection begin() throws SQLException {
        Connection connection = database.connect();
        connection.setAutoCommit(false);
        return connection;
    }

    /** A slot that decodes to text, registered as the relay registers its own. */
    void createSlot(String name) throws SQLException {
        database.run("select pg_create_logical_replication_slot('" + name + "', 'test_decoding')");
        database.run("insert into tidemark.relay (slot, publication, outbox, system_identifier, timeline) select '"
                + name + "', 'tidemark_outbox', 'public.outbox', system_identifier, 1 from pg_control_system()");
    }

    void dropSlot(String name) throws SQLException {
        database.run("select pg_drop_replication_slot('" + name + "')");
    }

    /** All that was committed since the slot was made, change by change, in the order of commits. */
    List<String> decoded(String slot) throws SQLException {
        return texts(
                "select data from pg_logical_slot_peek_changes('" + slot + "', null, null, 'skip-empty-xacts', 'on')");
    }

    /** The first column of each row, as text; {@code null} for null. */
    public List<String> texts(String sql) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> texts = new ArrayList<>();
            while (rows.next()) {
                texts.add(String.valueOf(rows.getString(1)));
            }
            return texts;
        }
    }
}
