package dev.tidemark.sample.demo;

import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A Chromium without a window, driven by its own chromedriver over the W3C WebDriver protocol. These few commands are all
 * that is needed of it; a library for them would bring some twenty jars. Elements are named by CSS selectors.
 *
 * @see <a href="https://www.w3.org/TR/webdriver2/">WebDriver</a>
 */
final class Browser implements AutoCloseable {

    static final String REQUIRE_VARIABLE = "TIDEMARK_REQUIRE_BROWSER";
    static final String END = "\uE010";
    static final String HOME = "\uE011";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration LOOKS_EVERY = Duration.ofMillis(50);
    private static final Pattern PORT = Pattern.compile("started successfully on port ([0-9]+)");
    private static final String ELEMENT = "element-6066-11e4-a52e-4f735466cecf"; // as the protocol names a reference

    private final Process driver;
    private final Path log;
    private final HttpClient http = HttpClient.newHttpClient();
    private URI session = URI.create("http://localhost");

    private Browser(Process driver, Path log) {
        this.driver = driver;
        this.log = log;
    }

    /**
     * Starts one, or ends the test as skipped or, where nothing may be skipped, as failed.
     *
     * @param log where the driver says what it does
     */
    static Browser start(Path log) throws IOException, InterruptedException {
        Path chromium = find("chromium", "chromium-browser", "google-chrome").orElseThrow(Browser::missing);
        Path driver = find("chromedriver").orElseThrow(Browser::missing);
        Files.deleteIfExists(log);
        Process process = new ProcessBuilder(driver.toString(), "--port=0")
                .redirectErrorStream(true)
                .redirectOutput(Redirect.to(log.toFile()))
                .start();
        Browser browser = new Browser(process, log);
        try {
            browser.open(chromium);
            return browser;
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            browser.close();
            throw e;
        }
    }

    private static Optional<Path> find(String... names) {
        return Stream.of(names)
                .flatMap(name -> Stream.of(System.getenv("PATH").split(File.pathSeparator))
                        .map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static RuntimeException missing() {
        String reason =
                "there is no chromium, or no chromedriver, on the path;" + " apt-get install chromium chromium-driver";
        if ("true".equals(System.getenv(REQUIRE_VARIABLE))) {
            throw new AssertionError(reason + "; " + REQUIRE_VARIABLE + " is true, so it may not be skipped");
        }
        return abort(reason);
    }

    private void open(Path chromium) throws IOException, InterruptedException {
        await("chromedriver to listen", () -> PORT.matcher(said()).find());
        Matcher port = PORT.matcher(said());
        if (!port.find()) {
            throw new AssertionError("it was there a moment ago");
        }
        URI server = URI.create("http://localhost:" + port.group(1));
        Map<String, ?> options = Map.of(
                "binary",
                chromium.toString(),
                "args",
                List.of(
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-background-networking",
                        "--disable-dev-shm-usage",
                        "--window-size=1500,1300"));
        JsonNode made = send(
                "POST",
                server.resolve("/session"),
                Map.of(
                        "capabilities",
                        Map.of(
                                "alwaysMatch",
                                Map.of("goog:chromeOptions", options, "goog:loggingPrefs", Map.of("browser", "ALL")))));
        session = server.resolve("/session/" + made.path("sessionId").asText() + "/");
    }

    private String said() {
        try {
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void open(URI page) throws IOException, InterruptedException {
        command("url", Map.of("url", page.toString()));
    }

    /** As a person does, with the pointer: fails if something lies above it. */
    void click(String selector) throws IOException, InterruptedException {
        command("element/" + element(selector) + "/click", Map.of());
    }

    /** Presses keys while the element has the focus. */
    void press(String selector, String keys) throws IOException, InterruptedException {
        command("element/" + element(selector) + "/value", Map.of("text", keys));
    }

    /** Types into an empty field. */
    void type(String selector, String text) throws IOException, InterruptedException {
        command("element/" + element(selector) + "/clear", Map.of());
        press(selector, text);
    }

    private String element(String selector) throws IOException, InterruptedException {
        return command("element", Map.of("using", "css selector", "value", selector))
                .path(ELEMENT)
                .asText();
    }

    /** What a person reads there; empty if there is no such element, or it is hidden. */
    String text(String selector) {
        return run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)
                .asText();
    }

    /** Runs JavaScript in the page. */
    JsonNode run(String script, Object... arguments) {
        try {
            return command("execute/sync", Map.of("script", script, "args", List.of(arguments)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** A command of Chromium's own. */
    void chromium(String command, Map<String, ?> parameters) throws IOException, InterruptedException {
        command("goog/cdp/execute", Map.of("cmd", command, "params", parameters));
    }

    /** Errors that the page has run into since this was asked the last time. */
    List<String> errors() throws IOException, InterruptedException {
        JsonNode entries = command("se/log", Map.of("type", "browser"));
        return entries.findParents("message").stream()
                .filter(entry -> entry.path("level").asText().equals("SEVERE"))
                .map(entry -> entry.path("message").asText())
                .toList();
    }

    /** Of the whole page, as a PNG. */
    void screenshot(Path file) throws IOException, InterruptedException {
        JsonNode shot = command(
                "goog/cdp/execute",
                Map.of("cmd", "Page.captureScreenshot", "params", Map.of("captureBeyondViewport", true)));
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, Base64.getDecoder().decode(shot.path("data").asText()));
    }

    /** Waits until {@code condition} holds. */
    void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited " + PATIENCE.toSeconds() + " s in vain for " + what
                        + "; the page has:\n" + text("body"));
            }
            LockSupport.parkNanos(LOOKS_EVERY.toNanos());
            if (Thread.interrupted()) {
                throw new InterruptedException(what);
            }
        }
    }

    private JsonNode command(String path, Map<String, ?> body) throws IOException, InterruptedException {
        return send("POST", session.resolve(path), body);
    }

    private JsonNode send(String method, URI uri, @Nullable Map<String, ?> body)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri)
                .timeout(PATIENCE)
                .method(
                        method,
                        body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(JSON.writeValueAsString(body)))
                .build();
        HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
        JsonNode value = JSON.readTree(response.body()).path("value");
        if (response.statusCode() != 200) {
            throw new AssertionError(
                    method + " " + uri.getPath() + ": " + value.path("error").asText() + ": "
                            + value.path("message").asText());
        }
        return value;
    }

    /** Ends the browser and its driver. */
    @Override
    public void close() {
        List<ProcessHandle> children = driver.descendants().toList();
        try {
            if (session.getPath().startsWith("/session")) {
                send("DELETE", URI.create(session.toString().replaceAll("/$", "")), null);
            }
        } catch (IOException | AssertionError goneAlready) {
            // then there is nothing to end
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        children.forEach(ProcessHandle::destroyForcibly);
        driver.destroyForcibly();
        try {
            driver.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
