package dev.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One relay as a real process, so that it can die of {@code kill -9} and be frozen; or something else that says at the same
 * place when it is ready. Its output goes to a file.
 *
 * <p>Safe for many threads: any may kill it while another starts it again.
 */
public final class RelayProcess implements AutoCloseable {

    private static final Duration STARTS_WITHIN = Duration.ofMinutes(2);
    private static final Duration STOPS_WITHIN = Duration.ofSeconds(10);
    private static final int LINES_SHOWN = 30;

    private final String name;
    private final List<String> command;
    private final Path log;
    private final URI ready;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();
    private final Thread atExit = new Thread(this::kill, "kill-relay"); // nobody else would, if we are told to end
    private @Nullable Process process;
    private boolean closed;
    private boolean watched;
    private volatile boolean running;

    /**
     * Prepares one; nothing runs yet.
     *
     * @param command of the relay, with its configuration
     * @param ops where it answers {@code /health/ready}
     */
    public RelayProcess(List<String> command, Path log, URI ops) {
        this("the relay", command, log, ops);
    }

    /**
     * Prepares something else.
     *
     * @param name for people, such as {@code the consumer of orders}
     */
    public RelayProcess(String name, List<String> command, Path log, URI ops) {
        this.name = name;
        this.command = command;
        this.log = log;
        this.ready = ops.resolve("/health/ready");
    }

    /** A port of this machine that nobody listens on; somebody else may take it before we do. */
    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Starts the process and returns at once; does nothing after {@link #close}. */
    public synchronized void start() throws IOException {
        if (closed || !(watched || watch())) {
            return;
        }
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    /** Returns whether this JVM goes on, so that something may be started. */
    private boolean watch() {
        try {
            Runtime.getRuntime().addShutdownHook(atExit);
            watched = true;
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    private synchronized void unwatch() {
        try {
            if (watched) {
                Runtime.getRuntime().removeShutdownHook(atExit);
            }
        } catch (IllegalStateException e) {
            // this JVM is ending: the hook does what is left to do
        }
    }

    /**
     * Waits until it is streaming.
     *
     * @throws IllegalStateException if it ends instead or takes too long; the message has the end of its log
     */
    public void awaitReady() throws InterruptedException {
        long deadline = System.nanoTime() + STARTS_WITHIN.toNanos();
        while (!isReady()) {
            Process started = current();
            if (started == null) {
                return;
            }
            if (started.waitFor(50, TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException(name + " ended with exit code " + started.exitValue() + "; its log "
                        + log + " ends:\n" + endOfLog());
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(name + " was not ready within " + STARTS_WITHIN.toSeconds()
                        + " s; its log " + log + " ends:\n" + endOfLog());
            }
        }
        running = true;
    }

    /** Whether it is up and was not killed since. */
    public boolean isRunning() {
        return running;
    }

    /** SIGKILL; the process has no say in it. */
    public void kill() {
        running = false;
        Process victim = current();
        if (victim != null) {
            victim.destroyForcibly();
        }
    }

    /** SIGSTOP: it stands still, with all its connections open, until {@link #wake}. */
    public void freeze() {
        signal("STOP");
        Process frozen = current();
        if (frozen != null) {
            Standstill.await(frozen.pid());
        }
    }

    /** SIGCONT: it goes on as if no time had passed. */
    public void wake() {
        signal("CONT");
    }

    /** SIGTERM; it may take its time to stop. */
    public void stop() {
        running = false;
        Process told = current();
        if (told != null) {
            told.destroy();
        }
    }

    private void signal(String name) {
        Process target = current();
        if (target != null && target.isAlive()) {
            new Command(List.of("kill", "-" + name, Long.toString(target.pid()))).run();
        }
    }

    /**
     * Waits until the process has ended.
     *
     * @return its exit code; null if it did not end in time, or was never started
     */
    public @Nullable Integer awaitExit(Duration atMost) throws InterruptedException {
        Process last = current();
        return last != null && last.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS) ? last.exitValue() : null;
    }

    /** What {@code /health/ready} answers now: a status, a space and the text; {@code none} if nobody answers. */
    public String readiness() throws InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(ready).timeout(Duration.ofSeconds(2)).build();
        try {
            HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
            return response.statusCode() + " " + response.body();
        } catch (IOException notThere) {
            return "none";
        }
    }

    /** All it has written so far, through all its lives. */
    public String log() {
        try {
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + log, e);
        }
    }

    /** Waits until a killed process is gone. */
    public void awaitDeath() throws InterruptedException {
        Process victim = current();
        if (victim != null) {
            victim.waitFor();
        }
    }

    /** Why it is not running though nobody killed it; null if it is running. */
    public @Nullable String complaint() {
        Process current = current();
        return running && current != null && !current.isAlive()
                ? name + " ended by itself with exit code " + current.exitValue() + "; its log ends:\n" + endOfLog()
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
        new Command(List.of("kill", "-CONT", Long.toString(last.pid()))).succeeds(); // a frozen one would not hear it
        try {
            last.waitFor(STOPS_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        last.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        unwatch();
    }

    private synchronized @Nullable Process current() {
        return process;
    }

    private boolean isReady() throws InterruptedException {
        return readiness().startsWith("200 ");
    }

    private String endOfLog() {
        List<String> lines = log().lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - LINES_SHOWN), lines.size()));
    }
}
