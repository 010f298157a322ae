package dev.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class PostgresServerTest {

    private static final PostgresServer SERVER = PostgresServer.start();

    @AfterAll
    static void close() {
        SERVER.close();
    }

    @Test
    void decodesLogically() throws SQLException {
        Database database = SERVER.createDatabase();
        assertThat(ask(database, "show wal_level")).isEqualTo("logical");
        assertThat(ask(database, "select pg_create_logical_replication_slot('s', 'pgoutput', true) is not null"))
                .isEqualTo("t");
    }

    @Test
    void committedRowsSurviveEveryWayToStopAndUncommittedOnesDoNot() throws SQLException {
        Database database = SERVER.createDatabase("survivor");
        database.run("create table t (id int)");
        List<Runnable> stops = List.of(SERVER::kill9, SERVER::stopImmediately);
        for (Runnable stop : stops) {
            try (Connection open = database.connect();
                    Statement statement = open.createStatement()) {
                database.run("insert into t values (1)");
                open.setAutoCommit(false);
                statement.execute("insert into t values (2)");
                stop.run();
                assertThatThrownBy(database::connect).isInstanceOf(SQLException.class);
                SERVER.restart();
                assertThatThrownBy(open::commit).isInstanceOf(SQLException.class);
            }
        }
        SERVER.restart();
        assertThat(ask(database, "select count(*) || ' ' || sum(id) from t")).isEqualTo("2 2");
    }

    @Test
    @SuppressWarnings("try") // the port is taken for as long as the block
    void itComesBackThoughSomebodyHadTakenItsPort() throws Exception {
        Database database = SERVER.createDatabase();
        SERVER.stopImmediately();
        CompletableFuture<Void> restart;
        try (ServerSocket taken = new ServerSocket(SERVER.port(), 1, InetAddress.getLoopbackAddress())) {
            restart = CompletableFuture.runAsync(SERVER::restart);
            assertThatThrownBy(() -> restart.get(3, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
        }
        restart.get(2, TimeUnit.MINUTES);
        assertThat(ask(database, "select 1")).isEqualTo("1");
    }

    @Test
    void aStandbyOfAColdCopyTakesOverAndTheCopyComesBack() throws SQLException {
        try (PostgresServer primary = PostgresServer.start()) {
            Database database = primary.createDatabase("copied");
            database.run("create table t (id int)");
            assertThatThrownBy(primary::copyFiles)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("stop it first");
            primary.stopImmediately();
            Path copy = primary.copyFiles();
            primary.restart();
            database.run("insert into t values (1)");
            String conninfo = "host=" + primary.host() + " port=" + primary.port() + " user=" + database.user()
                    + " password=" + database.password();
            try (PostgresServer standby = PostgresServer.builder()
                    .setting("primary_conninfo", conninfo)
                    .standbyFrom(copy)
                    .start()) {
                assertThat(ask(standby.database("copied"), "select pg_is_in_recovery()"))
                        .isEqualTo("t");
                primary.stopImmediately();
                standby.database("copied").run("select pg_promote()");
                standby.takeOver(primary);
                assertThat(ask(database, "select pg_is_in_recovery()")).isEqualTo("f");
            }
            primary.putBack(copy);
            primary.restart();
            assertThat(ask(database, "select count(*) from t")).isEqualTo("0");
        }
    }

    @Test
    void aWrongPasswordIsRefused() {
        Database database = SERVER.createDatabase();
        assertThatThrownBy(() -> database.as("postgres", "wrong").connect())
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));
    }

    @Test
    void anotherVersionAndOtherSettingsMayRunBesideIt() throws SQLException {
        try (PostgresServer other = PostgresServer.builder()
                .majorVersion(15)
                .setting("fsync", "on")
                .setting("cluster_name", "it's")
                .start()) {
            Database database = other.createDatabase();
            assertThat(other.majorVersion()).isEqualTo(15);
            assertThat(ask(database, "select current_setting('fsync') || current_setting('cluster_name')"))
                    .isEqualTo("onit's");
            assertThat(other.port()).isNotEqualTo(SERVER.port());
        }
    }

    @Test
    void aServerOfSomebodyElseIsUsedWhereItsUrlIsGivenAndLeftAsItWas() throws SQLException {
        Database postgres = SERVER.database("postgres");
        System.setProperty(
                PostgresServer.URL_PROPERTY,
                postgres.url() + "?user=" + postgres.user() + "&password=" + postgres.password());
        try (PostgresServer existing = PostgresServer.start()) {
            assertThat(existing.port()).isEqualTo(SERVER.port());
            Database database = existing.createDatabase("borrowed");
            database.run("select pg_create_logical_replication_slot('borrowed', 'pgoutput')");
            assertThatThrownBy(existing::kill9)
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("is not ours and cannot be killed");
            assertThatThrownBy(() -> PostgresServer.builder().majorVersion(9).start())
                    .hasMessageContaining("PostgreSQL 9 was asked for");
        } finally {
            System.clearProperty(PostgresServer.URL_PROPERTY);
        }
        assertThat(ask(postgres, "select count(*) from pg_database where datname = 'borrowed'"))
                .isEqualTo("0");
        assertThat(ask(postgres, "select count(*) from pg_replication_slots where slot_name = 'borrowed'"))
                .isEqualTo("0");
    }

    @Test
    void aVersionThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> PostgresServer.builder().majorVersion(9).start())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no binaries of PostgreSQL 9");
    }

    private static String ask(Database database, String query) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery(query)) {
            answer.next();
            return answer.getString(1);
        }
    }
}
