package dev.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A server of our own: a child process over a temporary directory. */
final class LocalPostgres implements PostgresBackend {

    private static final Duration START = Duration.ofMinutes(2);
    private static final Duration END = Duration.ofMinutes(2);
    private static final String PASSWORD = "postgres";

    /**
     * {@link #PASSWORD} as Postgres keeps it, but hashed once instead of the usual 4096 times: whoever connects repeats
     * that, which for a JVM that compiles quickly was most of the work of connecting.
     */
    private static final String VERIFIER = "SCRAM-SHA-256$1:zFShqSj/+UzpBY6QUhTvPg=="
            + "$SmcnBJDI4M81lpyqLwKW8Hh3VmowLdbi3V4AvOQzIJw=:HasasgA/NwDFe30B0AISlxei0ZctunGS5inpNlFeXaU=";

    private static final String TAKEN = "Address already in use";
    private static final int MOST_PORTS = 20;

    private final PostgresBinaries binaries;
    private final Path directory;
    private volatile int port;
    private final Thread atExit = new Thread(this::remove, "remove embedded postgres");
    private @Nullable Process postmaster;

    private LocalPostgres(PostgresBinaries binaries, Path directory) {
        this.binaries = binaries;
        this.directory = directory;
    }

    /**
     * Starts one.
     *
     * @param within where its directory is made; null for where {@link ServerFiles} says
     * @param initdb further options of initdb
     * @param standbyFrom files of the primary whose standby it shall be; null for a server with files of its own
     */
    static LocalPostgres start(
            PostgresBinaries binaries,
            Map<String, String> settings,
            @Nullable Path within,
            List<String> initdb,
            @Nullable Path standbyFrom) {
        try {
            Path directory = within == null
                    ? ServerFiles.create(settings)
                    : Files.createTempDirectory(within, "tidemark-postgres-");
            LocalPostgres server = new LocalPostgres(binaries, directory);
            Runtime.getRuntime().addShutdownHook(server.atExit);
            if (standbyFrom == null) {
                server.initialise(initdb);
            } else {
                server.becomeStandby(standbyFrom);
            }
            server.configure(settings);
            server.launchOnAnyPort();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make a directory for PostgreSQL", e);
        }
    }

    /** Somebody else may take it before we do. */
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void initialise(List<String> options) throws IOException {
        Path password = Files.writeString(directory.resolve("password"), VERIFIER);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        Unprivileged.give(directory);
        Unprivileged.command(
                        binaries.program("initdb"),
                        "--pgdata=" + data(),
                        "--username=" + user(),
                        "--pwfile=" + password,
                        "--auth=scram-sha-256",
                        "--encoding=UTF8",
                        "--locale=C",
                        "--no-sync")
                .with(options.toArray(String[]::new))
                .run();
    }

    /** Without the slots, as pg_basebackup does: they are the primary's own. */
    private void becomeStandby(Path primary) throws IOException {
        copy(primary, data());
        Directories.delete(data().resolve("pg_replslot"));
        Files.createDirectory(data().resolve("pg_replslot"));
        Files.createFile(data().resolve("standby.signal"));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        Unprivileged.give(directory);
    }

    private void configure(Map<String, String> settings) throws IOException {
        StringBuilder configuration =
                new StringBuilder("\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n");
        settings.forEach((name, value) -> configuration
                .append(name)
                .append(" = '")
                .append(value.replace("'", "''"))
                .append("'\n"));
        Files.writeString(data().resolve("postgresql.conf"), configuration, StandardOpenOption.APPEND);
    }

    /** Tries another port where somebody else was quicker. */
    private void launchOnAnyPort() throws IOException {
        boolean started = false;
        for (int tries = 1; !started; tries++) {
            port = freePort();
            started = launch(tries == MOST_PORTS);
        }
    }

    /** Where it was before; whoever took the port meanwhile may give it back. */
    private void launchAgain() {
        long deadline = System.nanoTime() + START.toNanos();
        boolean started = false;
        while (!started) {
            started = launch(System.nanoTime() - deadline > 0);
        }
    }

    /**
     * Returns when it takes connections; false if its port was taken.
     *
     * @param lastTry whether a port that is taken is a failure like any other
     */
    private boolean launch(boolean lastTry) {
        Path log = directory.resolve("server.log");
        List<String> line = Unprivileged.command(binaries.program("postgres"), "-D", data().toString(), "-p", port + "")
                .line();
        try {
            int before = Files.exists(log) ? Files.readString(log).length() : 0;
            Process started = new ProcessBuilder(line)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            postmaster = started;
            if (awaitReady(started)) {
                return true;
            }
            String said = Files.readString(log).substring(before);
            if (lastTry || !said.contains(TAKEN)) {
                throw new IllegalStateException("PostgreSQL did not start on port " + port + ":\n" + said);
            }
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + line, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while PostgreSQL started", e);
        }
    }

    /**
     * False if it ends instead, or takes too long. The postmaster writes its state into the eighth line of its lock file,
     * which is where pg_ctl looks too.
     */
    private boolean awaitReady(Process started) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + START.toNanos();
        while (!isReady(started.pid())) {
            if (started.waitFor(20, TimeUnit.MILLISECONDS) || System.nanoTime() - deadline > 0) {
                return false;
            }
        }
        return true;
    }

    private boolean isReady(long pid) throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(data().resolve("postmaster.pid"));
        } catch (NoSuchFileException e) {
            return false; // not there yet, or not any more, as it is when the port is taken
        }
        return lines.size() >= 8
                && lines.get(0).equals(Long.toString(pid))
                && lines.get(7).trim().equals("ready");
    }

    @Override
    public void stopImmediately() {
        stop("immediate");
    }

    @Override
    public void restart() {
        stop("fast");
        launchAgain();
    }

    @Override
    public void kill9() {
        Process running = postmaster;
        if (running == null || !running.isAlive()) {
            return;
        }
        List<ProcessHandle> family = running.descendants().toList();
        running.destroyForcibly();
        awaitEnd(running.toHandle());
        family.forEach(
                LocalPostgres
                        ::awaitEnd); // they notice that the postmaster is gone, and hold its shared memory until then
    }

    /** The postmaster first: it makes the processes of new connections. */
    @Override
    public void signal(boolean stand) {
        Process running = postmaster;
        if (running == null) {
            throw new IllegalStateException("the server does not run");
        }
        String name = stand ? "-STOP" : "-CONT";
        new Command(List.of("kill", name, Long.toString(running.pid()))).run();
        for (ProcessHandle child : running.descendants().toList()) {
            new Command(List.of("sh", "-c", "kill " + name + " " + child.pid() + " || true")).run(); // it may just end
        }
    }

    @Override
    public Path copyFiles() {
        checkStopped("copied");
        try {
            Path copy = Files.createTempDirectory(directory, "copy-").resolve("data");
            copy(data(), copy);
            return copy;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make a directory for a copy", e);
        }
    }

    @Override
    public void putBack(Path copy) {
        checkStopped("replaced");
        try {
            Directories.delete(data());
            copy(copy, data());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + data(), e);
        }
    }

    /** With owners and rights, about which Postgres is particular. */
    private static void copy(Path from, Path to) {
        new Command(List.of("cp", "-a", from.toString(), to.toString())).run();
    }

    private void checkStopped(String what) {
        Process last = postmaster;
        if (last != null && last.isAlive()) {
            throw new IllegalStateException(
                    "the server at port " + port + " runs, so that its files cannot be " + what + "; stop it first");
        }
    }

    @Override
    public void restartOn(int otherPort) {
        stop("fast");
        port = otherPort;
        launchAgain();
    }

    private void stop(String mode) {
        Process running = postmaster;
        if (running != null && running.isAlive()) {
            signal(false); // whoever is frozen does not end
            Unprivileged.command(binaries.program("pg_ctl"), "stop", "-D", data().toString(), "-m", mode, "-w")
                    .run();
            awaitEnd(running.toHandle());
        }
    }

    private static void awaitEnd(ProcessHandle process) {
        try {
            process.onExit().get(END.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            throw new IllegalStateException("process " + process.pid() + " of PostgreSQL does not end", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while PostgreSQL stopped", e);
        }
    }

    private Path data() {
        return directory.resolve("data");
    }

    @Override
    public String host() {
        return "127.0.0.1";
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public String user() {
        return "postgres";
    }

    @Override
    public String password() {
        return PASSWORD;
    }

    @Override
    public void close() {
        remove();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }

    private synchronized void remove() {
        stopImmediately();
        try {
            Directories.delete(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + directory, e);
        }
    }
}
