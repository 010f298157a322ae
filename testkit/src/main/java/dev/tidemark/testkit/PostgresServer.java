package dev.tidemark.testkit;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A real PostgreSQL server, ready for logical decoding.
 *
 * <p>By default its binaries come from the class path and it lives in a temporary directory, or in memory if the system
 * property {@value ServerFiles#MEMORY_PROPERTY} is {@code true} and there is plenty, from where {@link #close()} removes
 * it, or else the end of this JVM. An existing server is used where the system property
 * {@value #URL_PROPERTY} or the environment variable {@value #URL_VARIABLE} has the JDBC URL of a superuser,
 * and a container where {@value #KIND_PROPERTY} is {@code container}; those cannot be stopped or killed.
 *
 * <p>Safe for many threads, except that only one at a time may stop, restart or kill it.
 */
public final class PostgresServer implements Breakable {

    static final String URL_PROPERTY = "tidemark.postgres.url";
    static final String URL_VARIABLE = "TIDEMARK_POSTGRES_URL";
    static final String KIND_PROPERTY = "tidemark.postgres";

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private static final ConcurrentMap<Integer, PostgresServer> SHARED = new ConcurrentHashMap<>();

    private final PostgresBackend backend;
    private final Set<String> created = new LinkedHashSet<>();

    private PostgresServer(PostgresBackend backend) {
        this.backend = backend;
    }

    /** Starts the version of the class path's binaries. */
    public static PostgresServer start() {
        return builder().start();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** The one server of this JVM, started by whoever asks first. It ends with the JVM: do not close, stop or kill it. */
    public static PostgresServer shared() {
        return SHARED.computeIfAbsent(0, none -> start());
    }

    /** Like {@link #shared()}, one for each version. */
    public static PostgresServer shared(int majorVersion) {
        return SHARED.computeIfAbsent(
                majorVersion, version -> builder().majorVersion(version).start());
    }

    /** A new database with a name that no other has. */
    public Database createDatabase() {
        return createDatabase("test_" + ProcessHandle.current().pid() + "_" + DATABASES.incrementAndGet());
    }

    /**
     * A new database.
     *
     * @throws IllegalStateException if it is there already, or the server does not answer
     */
    public Database createDatabase(String name) {
        administer("create database " + quoted(name));
        synchronized (created) {
            created.add(name);
        }
        return database(name);
    }

    /** Drops a database with its replication slots, of which a server has few. Its sessions end. */
    public void dropDatabase(Database database) {
        drop(database.name());
    }

    /** A database that is there already, such as {@code postgres}, as superuser. */
    public Database database(String name) {
        String url = "jdbc:postgresql://" + backend.host() + ":" + backend.port() + "/" + name;
        return new Database(name, url, backend.user(), backend.password());
    }

    public String host() {
        return backend.host();
    }

    public int port() {
        return backend.port();
    }

    /** Such as 18. */
    public int majorVersion() {
        try (Connection connection = database("postgres").connect()) {
            return connection.getMetaData().getDatabaseMajorVersion();
        } catch (SQLException e) {
            throw new IllegalStateException("the server at port " + port() + " does not tell its version", e);
        }
    }

    /** Stops without a checkpoint, as {@code pg_ctl stop -m immediate} does. {@link #restart()} brings it back. */
    public void stopImmediately() {
        backend.stopImmediately();
    }

    /** Stops it if it runs, and starts it on the same port and data; returns when it takes connections. */
    @Override
    public void restart() {
        backend.restart();
    }

    /** Ends the postmaster with SIGKILL; returns when its processes are gone. {@link #restart()} brings it back. */
    @Override
    public void kill9() {
        backend.kill9();
    }

    @Override
    public void freeze() {
        backend.signal(true);
    }

    @Override
    public void wake() {
        backend.signal(false);
    }

    /**
     * Copies the files of a server of our own, which must be stopped: a cold copy, for {@link #putBack} and
     * {@link Builder#standbyFrom}. It is removed with the server.
     *
     * @throws IllegalStateException if the server runs
     */
    public Path copyFiles() {
        return backend.copyFiles();
    }

    /**
     * Has an older copy of its files come back. {@link #restart()} starts it with them.
     *
     * @throws IllegalStateException if the server runs
     */
    public void putBack(Path copy) {
        backend.putBack(copy);
    }

    /** Restarts a server of our own at the address of another, which no longer runs: as an address moves in a failover. */
    public void takeOver(PostgresServer gone) {
        backend.restartOn(gone.port());
    }

    /** Removes an own server with all its data, and from an existing one what was created here. Idempotent. */
    @Override
    public void close() {
        if (backend instanceof ExistingPostgres) {
            dropWhatWasCreated();
        }
        backend.close();
    }

    private void dropWhatWasCreated() {
        synchronized (created) {
            for (String name : List.copyOf(created)) {
                drop(name);
            }
        }
    }

    private void drop(String name) {
        administer("select pg_terminate_backend(active_pid, 10000), pg_drop_replication_slot(slot_name)"
                + " from pg_replication_slots where database = '" + name.replace("'", "''") + "'");
        administer("drop database if exists " + quoted(name) + " with (force)");
        synchronized (created) {
            created.remove(name);
        }
    }

    private void administer(String sql) {
        try {
            database("postgres").run(sql);
        } catch (SQLException e) {
            throw new IllegalStateException("'" + sql + "' failed on the server at port " + port(), e);
        }
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /** What to start; for one thread. */
    public static final class Builder {

        private final Map<String, String> settings = new TreeMap<>(Map.of(
                "wal_level", "logical",
                "max_replication_slots", "20",
                "max_wal_senders", "20",
                "max_connections", "200",
                "fsync", "off"));
        private final List<String> initdb = new ArrayList<>();
        private @Nullable Integer majorVersion;
        private @Nullable Path within;
        private @Nullable Path standbyFrom;

        private Builder() {}

        /**
         * Asks for one version, such as 15, whose binaries are on the class path or in the directory of the
         * system property {@value PostgresBinaries#DIRECTORY_PROPERTY}.
         */
        public Builder majorVersion(int majorVersion) {
            this.majorVersion = majorVersion;
            return this;
        }

        /** A line of {@code postgresql.conf}, such as {@code setting("fsync", "on")}; off unless asked for. */
        public Builder setting(String name, String value) {
            settings.put(name, value);
            return this;
        }

        /** Where a server of our own makes its directory, such as a small file system that is to become full. */
        public Builder directory(Path within) {
            this.within = within;
            return this;
        }

        /**
         * Starts a standby, on a cold copy of its primary without the slots, instead of a server of its own. The setting
         * {@code primary_conninfo} says where the primary is.
         */
        public Builder standbyFrom(Path copy) {
            standbyFrom = copy;
            return this;
        }

        /** The size of the files of the log, a power of two from 1; 16 unless told otherwise. For a server of our own. */
        public Builder walSegmentMebibytes(int mebibytes) {
            initdb.add("--wal-segsize=" + mebibytes);
            return this;
        }

        /**
         * Starts it; returns when it takes connections.
         *
         * @throws IllegalStateException if it cannot be started, with what it wrote to its log, or if an
         *     existing server has another version or does not decode logically
         */
        public PostgresServer start() {
            @Nullable String url = System.getProperty(URL_PROPERTY, System.getenv(URL_VARIABLE));
            if (url != null) {
                return checked(new PostgresServer(ExistingPostgres.at(url)));
            }
            if ("container".equals(System.getProperty(KIND_PROPERTY))) {
                return checked(new PostgresServer(ContainerPostgres.start(majorVersion, settings)));
            }
            return new PostgresServer(
                    LocalPostgres.start(PostgresBinaries.find(majorVersion), settings, within, initdb, standbyFrom));
        }

        private PostgresServer checked(PostgresServer server) {
            if (majorVersion != null && server.majorVersion() != majorVersion) {
                throw new IllegalStateException("PostgreSQL " + majorVersion + " was asked for, but the server at port "
                        + server.port() + " is " + server.majorVersion());
            }
            try (Connection connection = server.database("postgres").connect();
                    Statement statement = connection.createStatement();
                    ResultSet walLevel = statement.executeQuery("show wal_level")) {
                walLevel.next();
                if (!walLevel.getString(1).equals("logical")) {
                    throw new IllegalStateException("wal_level must be logical on the server at port " + server.port()
                            + ", but was: " + walLevel.getString(1));
                }
                return server;
            } catch (SQLException e) {
                throw new IllegalStateException("the server at port " + server.port() + " does not answer", e);
            }
        }
    }
}
