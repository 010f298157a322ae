package dev.tidemark.sample.scaleout;

import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tidemark.testkit.RelayProcess;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A worker of a distributed Kafka Connect, a process of its own from Kafka's jars, with Debezium's plugin. */
final class ConnectWorker implements AutoCloseable {

    private static final String REQUIRE_VARIABLE = "TIDEMARK_REQUIRE_BROKERS";
    private static final String HOME_PROPERTY = "tidemark.connect.home";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LINES_SHOWN = 60;

    private final HttpClient http = HttpClient.newHttpClient();
    private final int port;
    private final Path log;
    private final Process process;

    private ConnectWorker(int port, Path log, Process process) {
        this.port = port;
        this.log = log;
        this.process = process;
    }

    /** Ends the test as skipped or, where nothing may be skipped, as failed, if there are no jars. */
    static void require() {
        if (!lib().isDirectory() || !plugins().isDirectory()) {
            String reason = "the jars of Kafka Connect and Debezium's plugin are not where " + HOME_PROPERTY
                    + " says; ./mvnw -pl testkit-connect generate-test-resources puts them into testkit-connect/target";
            if ("true".equals(System.getenv(REQUIRE_VARIABLE))) {
                throw new AssertionError(reason + "; " + REQUIRE_VARIABLE + " is true, so it may not be skipped");
            }
            abort(reason);
        }
    }

    private static File lib() {
        return new File(System.getProperty(HOME_PROPERTY, ""), "lib");
    }

    private static File plugins() {
        return new File(System.getProperty(HOME_PROPERTY, ""), "plugins");
    }

    /**
     * Starts one, and returns at once.
     *
     * @param settings its file
     * @param own what it has otherwise than the file says
     * @param environment from which a connector's configuration takes what is secret
     */
    static ConnectWorker start(
            Path directory, String settings, Map<String, String> own, Map<String, String> environment)
            throws IOException {
        int port = RelayProcess.freePort();
        List<String> lines = new ArrayList<>(List.of(settings));
        own.forEach((name, value) -> lines.add(name + "=" + value));
        lines.add("listeners=http://127.0.0.1:" + port);
        lines.add("rest.advertised.host.name=127.0.0.1");
        lines.add("plugin.path=" + plugins());
        Path file = Files.write(directory.resolve("worker-" + port + ".properties"), lines);
        Path log = directory.resolve("worker-" + port + ".log");
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=info",
                        "-cp",
                        lib() + File.separator + "*",
                        "org.apache.kafka.connect.cli.ConnectDistributed",
                        file.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        return new ConnectWorker(port, log, builder.start());
    }

    /** As the others name it. */
    String id() {
        return "127.0.0.1:" + port;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** SIGKILL; returns when it is gone. */
    void kill9() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Creates a connector, or changes it; false if the worker is not ready for that. */
    boolean configure(String connector, String configuration) throws IOException, InterruptedException {
        HttpResponse<String> response = send(HttpRequest.newBuilder(uri("/connectors/" + connector + "/config"))
                .header("content-type", "application/json")
                .PUT(BodyPublishers.ofString(configuration)));
        if (response.statusCode() == 400) {
            throw new AssertionError(response.body());
        }
        return response.statusCode() / 100 == 2;
    }

    /** The worker that runs the only task of a connector; null if none does. */
    @Nullable
    String runnerOf(String connector) throws IOException, InterruptedException {
        HttpResponse<String> response = send(HttpRequest.newBuilder(uri("/connectors/" + connector + "/status")));
        if (response.statusCode() != 200) {
            return null;
        }
        JsonNode task = JSON.readTree(response.body()).path("tasks").path(0);
        String state = task.path("state").asText();
        if (state.equals("FAILED")) {
            throw new AssertionError(task.path("trace").asText());
        }
        return state.equals("RUNNING") ? task.path("worker_id").asText() : null;
    }

    private URI uri(String path) {
        return URI.create("http://" + id() + path);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.timeout(Duration.ofMinutes(1)).build(), BodyHandlers.ofString());
    }

    /** The end of its log. */
    String endOfLog() {
        try {
            List<String> lines = Files.readAllLines(log);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LINES_SHOWN), lines.size()));
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Override
    public void close() {
        kill9();
    }
}
