package dev.tidemark.inbox;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Receipts;
import dev.tidemark.inbox.directory.Directory;
import dev.tidemark.inbox.directory.Found;
import dev.tidemark.inbox.directory.HttpOwner;
import dev.tidemark.inbox.directory.Replica;
import dev.tidemark.inbox.directory.WhenDown;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;

/** What docs/replicas.md shows: what stands between the marks. */
final class ReplicaExamples {

    private ReplicaExamples() {}

    static ReadModel model(Inbox inbox, DataSource pool) {
        // model {
        ReadModel users = ReadModel.table("user_replica")
                .key("user_id")
                .version("version")
                .follows("users", "user") // aggregates of type user, written by users
                .inbox(inbox) // the one that the subscription has
                .dataSource(pool)
                .build();
        // }
        return users;
    }

    static boolean await(ReadModel users, String header) throws SQLException, InterruptedException {
        // await {
        Receipts receipts = Receipts.parse(header); // the header tidemark-receipt
        List<Awaited> awaited = users.await(receipts, Duration.ofMillis(500));
        boolean upToDate = awaited.stream().allMatch(Awaited::reached); // else behind() says how far it is
        // }
        return upToDate;
    }

    static RemoteArrivals remote(Inbox inbox, DataSource pool) {
        // remote {
        RemoteArrivals remote = RemoteArrivals.start(inbox, pool); // until it is closed
        // }
        return remote;
    }

    static Directory<String, String> directory(
            ReadModel users, Replica<String, String> replica, HttpClient http, URI api, HttpOwner.Reader<String> name) {
        // directory {
        Directory<String, String> names = Directory.<String, String>builder()
                .replica(users, id -> new Aggregate("users", "", "user", id), replica)
                .owner(HttpOwner.<String, String>builder()
                        .client(http)
                        .uri(id -> api.resolve("/users/" + id))
                        .reader(name)
                        .build())
                .maxStaleness(Duration.ofSeconds(30))
                .whenDown(WhenDown.ANSWER_STALE)
                .build();
        // }
        return names;
    }

    static Found<String> find(Directory<String, String> names, Receipts receipts)
            throws SQLException, InterruptedException {
        // find {
        Found<String> name = names.find("42", receipts);
        name.value(); // empty if there is no such user
        name.origin(); // REPLICA or OWNER
        name.age(); // and how old it is
        name.stale(); // true if that is older than asked for, and reason() says why
        // }
        return name;
    }

    static Inbox metrics(MeterRegistry registry) {
        // metrics {
        InboxMetrics metrics = new InboxMetrics(registry, "orders");
        Inbox inbox = Inbox.builder("orders")
                .listener(InboxListener.all(InboxListener.logging(), metrics))
                .build();
        // }
        return inbox;
    }
}
