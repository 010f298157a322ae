package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.envelope.Receipt;
import dev.tidemark.envelope.Receipts;
import dev.tidemark.inbox.directory.Copy;
import dev.tidemark.inbox.directory.Directory;
import dev.tidemark.inbox.directory.Found;
import dev.tidemark.inbox.directory.Origin;
import dev.tidemark.testkit.Database;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The examples of docs/replicas.md do what the page says. */
final class ReplicaExamplesTest {

    @Test
    void theyWork() throws Exception {
        Database database = Fixtures.database();
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        Inbox inbox = ReplicaExamples.metrics(registry);
        ReadModel users = ReplicaExamples.model(inbox, database.dataSource());
        try (RemoteArrivals remote = ReplicaExamples.remote(inbox, database.dataSource())) {
            assertThat(remote).isNotNull();
            Envelope event = user("42", 1).time(Instant.now()).build();
            Receipts receipts = Receipts.of(Receipt.ofVersion(event.aggregate(), 1));
            assertThat(ReplicaExamples.await(users, receipts.toString())).isFalse();

            inbox.committed(event, Fixtures.handle(inbox, database, event));

            assertThat(ReplicaExamples.await(users, receipts.toString())).isTrue();
            Directory<String, String> names = ReplicaExamples.directory(
                    users,
                    id -> Optional.of(new Copy<>("Ada", 1)),
                    HttpClient.newHttpClient(),
                    URI.create("http://localhost:1/"),
                    body -> "");
            Found<String> found = ReplicaExamples.find(names, receipts);
            assertThat(found.value()).contains("Ada");
            assertThat(found.origin()).isEqualTo(Origin.REPLICA);
            assertThat(registry.get("tidemark.readmodel.lag").timer().count()).isEqualTo(1);
        }
    }
}
