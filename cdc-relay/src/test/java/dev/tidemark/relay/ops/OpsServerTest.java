package dev.tidemark.relay.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.relay.config.OpsConfig;
import dev.tidemark.relay.config.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OpsServerTest {

    private static final String TOKEN = "0123456789abcdef";

    /** So many that the server, which may see them all at once, has hardly the one behind them among its first. */
    private static final int SLOW = 40;

    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicReference<Optional<String>> slot = new AtomicReference<>(Optional.empty());
    private final OpsServer server = start(OpsConfig.builder().port(0).build(), () -> "tidemark_leader 1\n");

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void readinessIsWhatItsChecksSayAtThatMoment() throws Exception {
        HttpResponse<String> ready = get(server, "/health/ready");
        assertThat(ready.statusCode()).isEqualTo(200);
        assertThat(ready.body()).isEqualTo("{\"status\":\"ok\",\"checks\":{\"streaming\":\"ok\",\"slot\":\"ok\"}}\n");
        assertThat(ready.headers().firstValue("Content-Type")).contains("application/json");

        slot.set(Optional.of("slot \"a\" is lost"));
        HttpResponse<String> unready = get(server, "/health/ready");
        assertThat(unready.statusCode()).isEqualTo(503);
        assertThat(unready.body())
                .isEqualTo("{\"status\":\"unavailable\",\"checks\":{\"streaming\":\"ok\",\"slot\":"
                        + "\"slot \\\"a\\\" is lost\"}}\n");
        assertThat(get(server, "/health/live").statusCode()).isEqualTo(200);

        slot.set(Optional.empty());
        assertThat(get(server, "/health/ready").statusCode()).isEqualTo(200);
    }

    @Test
    void aCheckThatThrowsIsNotOkAndTellsNoSecrets() throws Exception {
        HealthCheck broken = HealthCheck.of("slot", () -> {
            throw new IllegalStateException("password=hunter2");
        });
        try (OpsServer other = OpsServer.start(
                OpsConfig.builder().port(0).build(), List.of(), List.of(broken), OpsServerTest::failing)) {
            HttpResponse<String> ready = get(other, "/health/ready");
            assertThat(ready.statusCode()).isEqualTo(503);
            assertThat(ready.body()).contains("could not be checked").doesNotContain("hunter2");
            HttpResponse<String> metrics = get(other, "/metrics");
            assertThat(metrics.statusCode()).isEqualTo(500);
            assertThat(metrics.body()).doesNotContain("hunter2").doesNotContain("Exception");
        }
    }

    @Test
    void metricsAreServedAsPrometheusReadsThem() throws Exception {
        HttpResponse<String> metrics = get(server, "/metrics");

        assertThat(metrics.statusCode()).isEqualTo(200);
        assertThat(metrics.body()).isEqualTo("tidemark_leader 1\n");
        assertThat(metrics.headers().firstValue("Content-Type")).contains("text/plain; version=0.0.4; charset=utf-8");
        assertThat(metrics.headers().firstValue("Cache-Control")).contains("no-store");
    }

    @Test
    void otherPathsAndMethodsAreRefused() throws Exception {
        for (String path : List.of("/", "/health", "/health/ready/", "/metrics/../etc/passwd", "/%2e%2e/etc", "/x")) {
            assertThat(get(server, path).statusCode()).as(path).isEqualTo(404);
        }
        HttpResponse<String> post = send(request(server, "/metrics").POST(BodyPublishers.ofString("x")));
        assertThat(post.statusCode()).isEqualTo(405);
        assertThat(post.headers().firstValue("Allow")).contains("GET, HEAD");
        HttpResponse<String> head = send(request(server, "/metrics").method("HEAD", BodyPublishers.noBody()));
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(head.headers().firstValue("Content-Length")).contains("18");
    }

    @Test
    void aTokenIsAskedForWhereThereIsOne() throws Exception {
        OpsConfig config = OpsConfig.builder().port(0).token(Secret.of(TOKEN)).build();
        try (OpsServer guarded = start(config, () -> "")) {
            assertThat(get(guarded, "/health/ready").statusCode()).isEqualTo(401);
            assertThat(get(guarded, "/nothing").statusCode()).isEqualTo(401);
            assertThat(get(guarded, "/metrics").headers().firstValue("WWW-Authenticate"))
                    .contains("Bearer");
            assertThat(authorized(guarded, "Bearer 0123456789abcdeF")).isEqualTo(401);
            assertThat(authorized(guarded, "Bearer ")).isEqualTo(401);
            assertThat(authorized(guarded, "Basic " + TOKEN)).isEqualTo(401);
            assertThat(authorized(guarded, "Bearer " + TOKEN)).isEqualTo(200);
            assertThat(authorized(guarded, "bearer " + TOKEN)).isEqualTo(200);
        }
    }

    @Test
    void aPortThatIsTakenIsNamed() {
        OpsConfig same = OpsConfig.builder().port(server.port()).build();

        assertThatThrownBy(() -> OpsServer.start(same, List.of(), List.of(), () -> ""))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("ops.port " + server.port() + " cannot be listened on");
    }

    @Test
    void aClientThatNeverEndsItsHeadersIsCutOff() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(120_000);
            socket.getOutputStream().write("GET /metrics HTTP/1.1\r\nHost:".getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().flush();

            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    /**
     * A slow client is cut off in the end, and then anybody is answered; so it counts only if the answer comes while all of
     * them are still connected. A machine that was busy elsewhere just then has another try.
     */
    @Test
    void slowClientsKeepNobodyWaiting() throws Exception {
        for (int round = 1; !isAnsweredBesideSlowClients(); round++) {
            assertThat(round).as("rounds").isLessThan(5);
        }
    }

    private boolean isAnsweredBesideSlowClients() throws Exception {
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < SLOW; i++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
                slow.add(socket);
                socket.setSoTimeout(1);
                socket.getOutputStream().write("GET /met".getBytes(StandardCharsets.US_ASCII));
                socket.getOutputStream().flush();
            }
            assertThat(get(server, "/health/live").statusCode()).isEqualTo(200);
            return slow.stream().allMatch(OpsServerTest::isOpen);
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }

    private static boolean isOpen(Socket socket) {
        try {
            return socket.getInputStream().read() >= 0;
        } catch (SocketTimeoutException e) {
            return true; // nothing to read, and not at its end
        } catch (IOException e) {
            return false;
        }
    }

    private OpsServer start(OpsConfig config, Supplier<String> metrics) {
        List<HealthCheck> ready =
                List.of(HealthCheck.of("streaming", Optional::empty), HealthCheck.of("slot", slot::get));
        try {
            return OpsServer.start(config, List.of(HealthCheck.of("turning", Optional::empty)), ready, metrics);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String failing() {
        throw new IllegalStateException("password=hunter2");
    }

    private int authorized(OpsServer guarded, String authorization) throws Exception {
        return send(request(guarded, "/metrics").header("Authorization", authorization))
                .statusCode();
    }

    private HttpResponse<String> get(OpsServer from, String path) throws Exception {
        return send(request(from, path).GET());
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest.Builder request(OpsServer to, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + to.port() + path));
    }
}
