package dev.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The process of a {@link Broker}: a child of ours over a temporary directory. */
final class BrokerProcess implements AutoCloseable {

    private static final Duration START = Duration.ofMinutes(3);

    private final BrokerKind kind;
    private final Path directory;
    private final int port;
    private final List<String> line;
    private final Thread atExit = new Thread(this::remove, "remove broker");
    private volatile Process process;

    private BrokerProcess(BrokerKind kind, Path program, List<String> options) throws IOException {
        this.kind = kind;
        this.directory = Files.createTempDirectory("tidemark-" + kind.word() + "-");
        this.port = RelayProcess.freePort();
        this.line = new ArrayList<>(List.of(program.toString()));
        line.addAll(kind.arguments(Files.createDirectory(directory.resolve("data")), port));
        line.addAll(options);
        this.process = launch();
    }

    /**
     * Starts one, and waits until it answers.
     *
     * @throws IllegalStateException with its log, if it does not start
     */
    static BrokerProcess start(BrokerKind kind, Path program, List<String> options) {
        try {
            BrokerProcess broker = new BrokerProcess(kind, program, options);
            Runtime.getRuntime().addShutdownHook(broker.atExit);
            broker.awaitReady();
            return broker;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + program, e);
        }
    }

    int port() {
        return port;
    }

    void kill9() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + line.get(0) + " ended", e);
        }
    }

    void signal(String name) {
        new Command(List.of("kill", "-" + name, Long.toString(process.pid()))).run();
    }

    void restart() {
        kill9();
        try {
            process = launch();
            awaitReady();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + line, e);
        }
    }

    private Process launch() throws IOException {
        return new ProcessBuilder(line)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                .start();
    }

    private void awaitReady() throws IOException {
        long deadline = System.nanoTime() + START.toNanos();
        try {
            while (!kind.answers(port)) {
                if (process.waitFor(20, TimeUnit.MILLISECONDS) || System.nanoTime() - deadline > 0) {
                    throw new IllegalStateException(String.join(" ", line) + " did not start on port " + port + ":\n"
                            + Files.readString(log()));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + line.get(0) + " started", e);
        }
    }

    private Path log() {
        return directory.resolve("server.log");
    }

    @Override
    public void close() {
        remove();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }

    private synchronized void remove() {
        kill9();
        try {
            Directories.delete(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + directory, e);
        }
    }
}
