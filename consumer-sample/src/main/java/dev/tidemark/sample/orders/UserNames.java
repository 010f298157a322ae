package dev.tidemark.sample.orders;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tidemark.inbox.directory.Directory;
import dev.tidemark.inbox.directory.HttpOwner;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The names of users: from the replica, or from the service that owns them. */
final class UserNames {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration CONNECTS_WITHIN = Duration.ofMillis(500);
    private static final Duration WAITS_FOR_REPLICA = Duration.ofMillis(500);

    private UserNames() {}

    /** @param users the service; null if there is only the replica */
    static Directory<String, String> directory(UserReplica replica, @Nullable URI users) {
        Directory.Builder<String, String> names = Directory.<String, String>builder()
                .replica(replica.model(), UserReplica::aggregate, replica::name)
                .patience(WAITS_FOR_REPLICA);
        return users == null ? names.build() : names.owner(owner(users)).build();
    }

    private static HttpOwner<String, String> owner(URI users) {
        return HttpOwner.<String, String>builder()
                .client(HttpClient.newBuilder().connectTimeout(CONNECTS_WITHIN).build())
                .uri(id -> users.resolve("/users/" + segment(id)))
                .reader(UserNames::name)
                .build();
    }

    /** An id is whatever a client wrote into an order. */
    private static String segment(String id) {
        return URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String name(byte[] json) throws IOException {
        return JSON.readTree(json).required("name").asText();
    }
}
