package dev.tidemark.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;

@EveryVersion
class MigrationTest {

    @Parameter
    private int version;

    @Test
    void appliesTwiceOverJdbcAndChangesNothingTheSecondTime() throws SQLException {
        Database database = Sql.freshOutbox(version);
        Sql.append(database, Sql.daysAgo(0));
        List<String> before = schema(database);
        for (String file : Sql.FILES) {
            database.runResource(Sql.DIRECTORY + file);
        }
        assertThat(schema(database)).isEqualTo(before).hasSizeGreaterThan(20);
        assertThat(Sql.one(database, "select count(*) from outbox")).isEqualTo("1");
    }

    @Test
    void appliesTwiceWithPsql() throws Exception {
        assumeTrue(isOnPath("psql"), "psql is not installed");
        PostgresServer server = PostgresServer.shared(version);
        Database database = server.createDatabase();
        for (int round = 0; round < 2; round++) {
            for (String file : Sql.FILES) {
                psql(server, database, file);
            }
        }
        assertThat(schema(database)).isEqualTo(schema(Sql.freshOutbox(version)));
    }

    @Test
    void theOutboxMayLiveInAnotherSchemaButOnlyInOne() throws SQLException {
        Database database = PostgresServer.shared(version).createDatabase();
        database.run("create schema app");
        database.run("create schema other");
        for (String file : Sql.FILES) {
            database.run("alter database " + database.name() + " set search_path = app, public");
            database.runResource(Sql.DIRECTORY + file);
        }
        database.run("alter database " + database.name() + " set search_path = other");
        assertThatThrownBy(() -> database.runResource(Sql.DIRECTORY + "V001__outbox.sql"))
                .hasMessageContaining("schema other cannot have an outbox");
        assertThat(Sql.rows(database, "select done from tidemark.maintain_outbox('7 days', '0')"))
                .containsExactly("created, with 0 rows of outbox_default");
        assertThat(Sql.one(database, "select app.outbox_version_claim('orders', '', 'order', '42')"))
                .isEqualTo("1");
        assertThat(Sql.one(database, "select count(*) from pg_inherits where inhparent = 'app.outbox'::regclass"))
                .isEqualTo("2");
    }

    private static void psql(PostgresServer server, Database database, String file)
            throws IOException, InterruptedException, URISyntaxException {
        Path path = Path.of(Objects.requireNonNull(MigrationTest.class.getResource("/" + Sql.DIRECTORY + file), file)
                .toURI());
        ProcessBuilder psql = new ProcessBuilder(
                "psql",
                "-X",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                server.host(),
                "-p",
                String.valueOf(server.port()),
                "-U",
                database.user(),
                "-d",
                database.name(),
                "-f",
                path.toString());
        psql.environment().put("PGPASSWORD", database.password());
        Process process = psql.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    private static boolean isOnPath(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Path.of(directory, program).toFile().canExecute());
    }

    /** Every table, column, check, function and grant of ours. */
    private static List<String> schema(Database database) throws SQLException {
        return Sql.rows(database, """
                select attrelid::regclass::text || '.' || attname || ' ' || format_type(atttypid, atttypmod) || attnotnull
                from pg_attribute join pg_class on pg_class.oid = attrelid
                where relnamespace in ('public'::regnamespace, 'tidemark'::regnamespace) and attnum > 0
                union all
                select conrelid::regclass::text || ' ' || conname || pg_get_constraintdef(oid) from pg_constraint
                where connamespace in ('public'::regnamespace, 'tidemark'::regnamespace)
                union all
                select pg_get_functiondef(oid) || coalesce(proacl::text, '') from pg_proc
                where pronamespace in ('public'::regnamespace, 'tidemark'::regnamespace)
                union all
                select oid::regclass::text || coalesce(relacl::text, '') from pg_class
                where relnamespace in ('public'::regnamespace, 'tidemark'::regnamespace)
                order by 1""");
    }
}
