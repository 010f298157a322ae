package dev.tidemark.testkit;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** The process of a {@link Broker}: a child of ours over a temporary directory. */
final class BrokerProcess implements AutoCloseable {

    private static final Duration START = Duration.ofMinutes(3);
    private static final Duration SAVE = Duration.ofMinutes(1);

    private final BrokerKind kind;
    private final Path directory;
    private final int port;
    private final List<String> line;
    private final Thread atExit = new Thread(this::remove, "remove broker");
    private final Map<String, String> environment;
    private int logBefore; // characters that earlier starts have written
    private volatile @Nullable Process companion;
    private volatile @Nullable Process process;

    private BrokerProcess(BrokerKind kind, Path program, IntFunction<List<String>> options) throws IOException {
        this.kind = kind;
        this.port = RelayProcess.freePort();
        List<String> further = options.apply(port); // before anything is there that would be left behind
        this.directory = Files.createTempDirectory("tidemark-" + kind.word() + "-");
        this.line = new ArrayList<>(List.of(program.toString()));
        Path data = Files.createDirectory(directory.resolve("data"));
        line.addAll(kind.arguments(data, port));
        line.addAll(further);
        this.environment = kind.environment(data, port);
    }

    /**
     * Starts one, and waits until it answers. What does not start leaves nothing behind.
     *
     * @throws IllegalStateException with its log, if it does not start
     */
    static BrokerProcess start(BrokerKind kind, Path program, List<String> options) {
        return start(kind, program, port -> options);
    }

    /** @param options for the port that it will have */
    static BrokerProcess start(BrokerKind kind, Path program, IntFunction<List<String>> options) {
        try {
            BrokerProcess broker = new BrokerProcess(kind, program, options);
            Runtime.getRuntime().addShutdownHook(broker.atExit);
            try {
                broker.launchAll();
            } catch (IOException | RuntimeException e) {
                broker.close();
                throw e;
            }
            return broker;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + program, e);
        }
    }

    private void launchAll() throws IOException {
        List<String> beside = kind.companion(environment);
        if (!beside.isEmpty()) {
            Process started = launch(beside);
            companion = started;
            await(started, beside, () -> kind.companionAnswers(environment));
        }
        launchServer();
    }

    private void launchServer() throws IOException {
        Process started = launch(line);
        process = started;
        await(started, line, () -> kind.hasStarted(logOfThisStart()) && kind.answers(port));
    }

    int port() {
        return port;
    }

    /** Not before it has saved what it says it has: tests are about its clients. */
    void kill9() {
        Process running = process;
        if (running != null) {
            awaitSaved(running);
        }
        kill9(running);
    }

    private void awaitSaved(Process running) {
        long deadline = System.nanoTime() + SAVE.toNanos();
        try {
            while (running.isAlive() && !kind.hasSaved(environment)) {
                if (System.nanoTime() - deadline > 0) {
                    throw new IllegalStateException(
                            line.get(0) + " did not save within " + SAVE + " what it has answered");
                }
                running.waitFor(20, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + line.get(0) + " saved", e);
        }
    }

    private void kill9(@Nullable Process started) {
        if (started == null) {
            return;
        }
        started.destroyForcibly();
        try {
            started.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + line.get(0) + " ended", e);
        }
    }

    void freeze() {
        signal("STOP");
        Standstill.await(requireNonNull(process, "not started").pid());
    }

    void signal(String name) {
        Process started = requireNonNull(process, "not started");
        new Command(List.of("kill", "-" + name, Long.toString(started.pid()))).run();
    }

    void restart() {
        kill9();
        try {
            launchServer();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + line, e);
        }
    }

    private Process launch(List<String> line) throws IOException {
        logBefore = Files.exists(log()) ? Files.readString(log()).length() : 0;
        ProcessBuilder builder = new ProcessBuilder(line);
        builder.environment().putAll(environment);
        return builder.directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                .start();
    }

    private void await(Process started, List<String> line, BooleanSupplier ready) throws IOException {
        long deadline = System.nanoTime() + START.toNanos();
        try {
            while (!ready.getAsBoolean()) {
                if (started.waitFor(20, TimeUnit.MILLISECONDS) || System.nanoTime() - deadline > 0) {
                    throw new IllegalStateException(String.join(" ", line) + " did not start on port " + port + ":\n"
                            + Files.readString(log()));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + line.get(0) + " started", e);
        }
    }

    private String logOfThisStart() {
        try {
            return Files.readString(log()).substring(logBefore);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + log(), e);
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
        kill9(process);
        kill9(companion);
        try {
            Directories.delete(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + directory, e);
        }
    }
}
