package dev.tidemark.sample.demo.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.javalin.Javalin;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SameOriginTest {

    private final Javalin server = Javalin.create(config -> {
                config.startup.showJavalinBanner = false;
                config.jetty.host = "localhost";
                config.jetty.port = 0;
                config.routes.before(new SameOrigin());
                config.routes.get("/state", request -> request.result("shown"));
                config.routes.post("/kill", request -> request.result("killed"));
            })
            .start();

    @AfterEach
    void stop() {
        server.stop();
    }

    /** Written by hand, as a client would not let us say who we are. */
    private int status(String request, String host, String... headers) throws IOException {
        try (Socket socket = new Socket("localhost", server.port())) {
            String text = request + " HTTP/1.1\r\nHost: " + host.replace("PORT", Integer.toString(server.port()))
                    + "\r\nConnection: close\r\nContent-Length: 0\r\n";
            for (String header : headers) {
                text += header.replace("PORT", Integer.toString(server.port())) + "\r\n";
            }
            socket.getOutputStream().write((text + "\r\n").getBytes(StandardCharsets.US_ASCII));
            BufferedReader answer =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            return Integer.parseInt(answer.readLine().replaceAll("^\\S+ (\\d+).*", "$1"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "Origin: http://localhost:PORT,     Sec-Fetch-Site: same-origin, 200",
        "X-None: 1,                         Sec-Fetch-Site: same-origin, 200",
        "X-None: 1,                         X-None: 2,                   200",
        "Origin: http://another.example,    Sec-Fetch-Site: cross-site,  403",
        "Origin: http://another.example,    X-None: 2,                   403",
        "Origin: http://localhost:1,        Sec-Fetch-Site: same-site,   403",
        "Origin: null,                      X-None: 2,                   403",
        "X-None: 1,                         Sec-Fetch-Site: same-site,   403"
    })
    void onlyThePageAndProgramsPressButtons(String origin, String from, int status) throws IOException {
        assertThat(status("POST /kill", "localhost:PORT", origin, from, "Content-Type: application/json"))
                .isEqualTo(status);
    }

    @Test
    void aFormOfAnotherSiteIsRefusedEvenWhereTheBrowserDoesNotSayWhereItIsFrom() throws IOException {
        assertThat(status("POST /kill", "localhost:PORT", "Content-Type: text/plain"))
                .isEqualTo(415);
        assertThat(status("POST /kill", "localhost:PORT")).isEqualTo(415);
    }

    @ParameterizedTest
    @CsvSource({
        "localhost:PORT, 200",
        "127.0.0.1:PORT, 200",
        "[::1]:PORT, 200",
        "another.example:PORT, 403",
        "localhost.another.example, 403"
    })
    void aNameThatWasMadeToMeanThisMachineIsRefused(String host, int status) throws IOException {
        assertThat(status("GET /state", host)).isEqualTo(status);
        assertThat(status("POST /kill", host, "Content-Type: application/json")).isEqualTo(status);
    }
}
