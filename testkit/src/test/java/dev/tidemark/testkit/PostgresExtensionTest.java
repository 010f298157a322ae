package dev.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(PostgresExtension.class)
@TestMethodOrder(OrderAnnotation.class)
class PostgresExtensionTest {

    private static String nameInTheFirstTest = "";

    @Test
    @Order(1)
    void everyDatabaseIsNew(Database one, Database other) throws SQLException {
        assertThat(one).isNotEqualTo(other);
        one.run("create table t (id int)");
        one.run("select pg_create_logical_replication_slot('" + one.name() + "', 'pgoutput')");
        other.run("create table t (id int)");
        nameInTheFirstTest = one.name();
    }

    @Test
    @Order(2)
    void andIsDroppedAfterItsTestWithItsSlots(PostgresServer server) throws SQLException {
        assertThat(server).isSameAs(PostgresServer.shared());
        assertThat(nameInTheFirstTest).isNotEmpty();
        try (Connection connection = server.database("postgres").connect();
                Statement statement = connection.createStatement();
                ResultSet left = statement.executeQuery("select datname from pg_database where datname = '"
                        + nameInTheFirstTest + "' union all select slot_name from pg_replication_slots")) {
            assertThat(left.next()).isFalse();
        }
    }
}
