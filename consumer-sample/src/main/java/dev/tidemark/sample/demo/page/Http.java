package dev.tidemark.sample.demo.page;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Calls the services as anybody would. */
final class Http {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private final HttpClient client = HttpClient.newHttpClient();

    /**
     * One answer.
     *
     * @param body as JSON; missing where there was none
     */
    record Answer(int status, JsonNode body, HttpResponse<String> response) {

        /** Null if the answer has none of this name. */
        @Nullable
        String header(String name) {
            return response.headers().firstValue(name).orElse(null);
        }

        Answer requireSuccess() {
            if (status / 100 != 2) {
                throw new IllegalStateException(response.request().method() + " " + response.uri() + " answered "
                        + status + ": " + response.body());
            }
            return this;
        }
    }

    /** @param headers names and values in turns */
    Answer send(String method, URI uri, @Nullable Object body, String... headers)
            throws IOException, InterruptedException {
        BodyPublisher sent =
                body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(JSON.writeValueAsString(body));
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri).timeout(TIMEOUT).method(method, sent);
        request.setHeader("Content-Type", "application/json");
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());
        boolean json = response.headers().firstValue("Content-Type").orElse("").startsWith("application/json");
        return new Answer(response.statusCode(), json ? JSON.readTree(response.body()) : JSON.missingNode(), response);
    }
}
