package dev.tidemark.torture;

import static java.util.Objects.requireNonNull;

import com.sun.net.httpserver.HttpServer;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.RelayProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A consumer as a process of its own, behind a receiver that keeps the books: what it takes is on record as soon as it
 * answers, and what dies with it is not.
 */
final class ConsumerProcess implements Receiver.Taking, AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final int THREADS = 16;

    private final Database database;
    private final Path log;
    private final int port = RelayProcess.freePort();
    private final HttpClient http = HttpClient.newHttpClient();
    private @Nullable Process process;

    ConsumerProcess(Database database, Path log) throws IOException {
        this.database = database;
        this.log = log;
    }

    /**
     * Starts it; returns at once.
     *
     * @param events after whose effects it dies, before it answers; 0 if it lives
     */
    void start(int events) throws IOException {
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ConsumerProcess.class.getName(),
                        Integer.toString(port),
                        Integer.toString(events),
                        database.name(),
                        database.url(),
                        database.user(),
                        database.password())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    boolean awaitDeath() throws InterruptedException {
        return requireNonNull(process, "it was never started").waitFor(Matrix.RECOVERY.toSeconds(), TimeUnit.SECONDS);
    }

    void kill() throws InterruptedException {
        requireNonNull(process, "it was never started").destroyForcibly().waitFor();
    }

    @Override
    public int take(Map<String, List<String>> headers, byte[] body) throws InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
                .timeout(TIMEOUT)
                .POST(BodyPublishers.ofByteArray(body));
        headers.forEach((name, values) -> {
            if (name.toLowerCase(Locale.ROOT).startsWith("ce-") || name.equalsIgnoreCase("content-type")) {
                values.forEach(value -> request.header(name, value));
            }
        });
        try {
            return http.send(request.build(), BodyHandlers.discarding()).statusCode();
        } catch (IOException dead) {
            return 0;
        }
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    /** Port, number of events to die after, and its database. */
    public static void main(String[] args) throws IOException {
        int deadly = Integer.parseInt(args[1]);
        Consumer consumer = new Consumer(World.INBOX, new Database(args[2], args[3], args[4], args[5]));
        AtomicInteger taken = new AtomicInteger();
        HttpServer server = HttpServer.create(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0])), 0);
        server.setExecutor(Executors.newFixedThreadPool(THREADS));
        server.createContext("/", exchange -> {
            try (exchange) {
                byte[] body = exchange.getRequestBody().readAllBytes();
                int status = consumer.take(exchange.getRequestHeaders(), body);
                if (taken.incrementAndGet() == deadly) {
                    Runtime.getRuntime().halt(137);
                }
                exchange.sendResponseHeaders(status, -1);
            }
        });
        server.start();
    }
}
