package dev.tidemark.sample.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One relay as a real process, so that it can die of {@code kill -9}. Its output goes to a file.
 *
 * <p>Safe for many threads: any may kill it while another starts it again.
 */
final class RelayProcess implements AutoCloseable {

    private static final Duration STARTS_WITHIN = Duration.ofMinutes(2);
    private static final Duration STOPS_WITHIN = Duration.ofSeconds(10);
    private static final int LINES_SHOWN = 30;

    private final List<String> command;
    private final Path log;
    private final URI ready;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();
    private @Nullable Process process;
    private boolean closed;
    private volatile boolean running;

    /**
     * Prepares one; nothing runs yet.
     *
     * @param command of the relay, with its configuration
     * @param ops where it answers {@code /health/ready}
     */
    RelayProcess(List<String> command, Path log, URI ops) {
        this.command = command;
        this.log = log;
        this.ready = ops.resolve("/health/ready");
    }

    /** Starts the process and returns at once. */
    synchronized void start() throws IOException {
        if (closed) {
            return;
        }
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    /**
     * Waits until it is streaming.
     *
     * @throws IllegalStateException if it ends instead or takes too long; the message has the end of its log
     */
    void awaitReady() throws InterruptedException {
        long deadline = System.nanoTime() + STARTS_WITHIN.toNanos();
        while (!isReady()) {
            Process started = current();
            if (started == null) {
                return;
            }
            if (started.waitFor(50, TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("the relay ended with exit code " + started.exitValue() + "; its log "
                        + log + " ends:\n" + endOfLog());
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("the relay was not ready within " + STARTS_WITHIN.toSeconds()
                        + " s; its log " + log + " ends:\n" + endOfLog());
            }
        }
        running = true;
    }

    /** Whether it is up and was not killed since. */
    boolean isRunning() {
        return running;
    }

    /** SIGKILL; the process has no say in it. */
    void kill() {
        running = false;
        Process victim = current();
        if (victim != null) {
            victim.destroyForcibly();
        }
    }

    /** Waits until a killed process is gone. */
    void awaitDeath() throws InterruptedException {
        Process victim = current();
        if (victim != null) {
            victim.waitFor();
        }
    }

    /** Why it is not running though nobody killed it; null if it is running. */
    @Nullable
    String complaint() {
        Process current = current();
        return running && current != null && !current.isAlive()
                ? "a relay ended by itself with exit code " + current.exitValue() + "; its log ends:\n" + endOfLog()
                : null;
    }

    /** SIGTERM, and SIGKILL if that does not help in time, or if there is no time. */
    @Override
    public void close() {
        Process last;
        synchronized (this) {
            closed = true;
            last = process;
            process = null;
        }
        running = false;
        if (last == null) {
            return;
        }
        List<ProcessHandle> children = last.descendants().toList();
        last.destroy();
        try {
            last.waitFor(STOPS_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        last.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
    }

    private synchronized @Nullable Process current() {
        return process;
    }

    private boolean isReady() throws InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(ready).timeout(Duration.ofSeconds(2)).build();
        try {
            return http.send(request, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    private String endOfLog() {
        try {
            List<String> lines = new ArrayList<>(Files.readAllLines(log));
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LINES_SHOWN), lines.size()));
        } catch (IOException e) {
            return "(unreadable: " + e.getMessage() + ")";
        }
    }
}
