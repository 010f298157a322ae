package dev.tidemark.inbox;

import dev.tidemark.envelope.CloudEventsHttp;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.stream.Stream;

/** Posts events as a relay does: one client that keeps its connections. */
final class Posting {

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI uri;

    Posting(int port) {
        this.uri = URI.create("http://localhost:" + port + "/events");
    }

    HttpResponse<String> binary(Envelope event) throws IOException, InterruptedException {
        return send(binaryRequest(event));
    }

    HttpRequest.Builder binaryRequest(Envelope event) {
        HttpRequest.Builder request = request();
        CloudEventsHttp.headers(event).forEach(request::setHeader);
        byte[] data = event.data();
        return request.POST(data == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(data));
    }

    HttpResponse<String> structured(Envelope event) throws IOException, InterruptedException {
        return structured(BodyPublishers.ofByteArray(CloudEventsJson.write(event)));
    }

    HttpResponse<String> structured(BodyPublisher body) throws IOException, InterruptedException {
        return send(
                request().setHeader("content-type", CloudEventsHttp.STRUCTURED).POST(body));
    }

    HttpResponse<String> batch(Envelope... events) throws IOException, InterruptedException {
        return batch(CloudEventsJson.batch(
                Stream.of(events).map(CloudEventsJson::write).toList()));
    }

    HttpResponse<String> batch(byte[] json) throws IOException, InterruptedException {
        return send(request().setHeader("content-type", CloudEventsHttp.BATCH).POST(BodyPublishers.ofByteArray(json)));
    }

    /** A body whose length is not said beforehand. */
    static BodyPublisher chunked(int bytes) {
        return BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[bytes]));
    }

    HttpRequest.Builder request() {
        return HttpRequest.newBuilder(uri).timeout(Duration.ofMinutes(2));
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(uri.resolve(path)).timeout(Duration.ofMinutes(2));
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofString());
    }
}
