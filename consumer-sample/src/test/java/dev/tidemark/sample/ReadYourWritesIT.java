package dev.tidemark.sample;

import static dev.tidemark.sample.Calls.call;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.relay.Relay;
import dev.tidemark.relay.config.HttpSinkConfig;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.relay.migrate.Migration;
import dev.tidemark.sample.orders.OrdersService;
import dev.tidemark.sample.users.UsersService;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Somebody renames a user, and reads the name through another service at once, which has it from a relay: it must be the
 * new one, every time. {@code -Dtidemark.writes=10000} for as many.
 */
class ReadYourWritesIT {

    private static final int WRITES = Integer.getInteger("tidemark.writes", 1000);
    private static final int WRITERS = 4;

    /** One read: how long the name was waited for, and whether it is what was written. */
    private record Read(double waitedMillis, boolean fromReplica, boolean stale) {}

    @Test
    void nobodyReadsAnythingOlderThanItsOwnWrite() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            Database source = server.createDatabase("users");
            Database replica = server.createDatabase("orders");
            SourceConfig config = SourceConfig.builder()
                    .url(source.url())
                    .user(source.user())
                    .password(Secret.of(source.password()))
                    .slot("tidemark_users")
                    .build();
            Migration.of(config).run(step -> {});
            try (UsersService users = UsersService.start(Calls.pool(source), http -> {});
                    OrdersService orders = OrdersService.start(Calls.migrated(replica), http -> {}, users.uri());
                    Relay relay = Relay.start(RelayConfig.builder()
                            .source(config)
                            .subscriber(SubscriberConfig.builder("orders")
                                    .sink(HttpSinkConfig.builder(orders.uri() + "/events")
                                            .build())
                                    .build())
                            .build())) {
                List<Read> reads = readAndWrite(users, orders);
                assertThat(relay.failure()).isEmpty();
                report(reads);
                assertThat(reads).hasSize(WRITERS * (WRITES / WRITERS));
                assertThat(reads).noneMatch(Read::stale);
                assertThat(reads).anyMatch(Read::fromReplica);
            }
        }
    }

    private static List<Read> readAndWrite(UsersService users, OrdersService orders) throws Exception {
        ExecutorService writers = Executors.newFixedThreadPool(WRITERS);
        try {
            List<Future<List<Read>>> running = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                running.add(writers.submit(() -> readAndWriteOne(users, orders)));
            }
            List<Read> reads = new ArrayList<>();
            for (Future<List<Read>> one : running) {
                reads.addAll(one.get());
            }
            return reads;
        } finally {
            writers.shutdownNow();
        }
    }

    private static List<Read> readAndWriteOne(UsersService users, OrdersService orders)
            throws IOException, InterruptedException {
        String user = id(call("POST", users.uri(), "/users", "{\"name\": \"nobody\"}"));
        String order = id(call(
                "POST",
                orders.uri(),
                "/orders",
                "{\"userId\": \"" + user + "\", \"item\": \"lamp\", \"quantity\": 1}"));
        List<Read> reads = new ArrayList<>();
        for (int i = 0; i < WRITES / WRITERS; i++) {
            String name = "name " + i;
            HttpResponse<String> written = call("PUT", users.uri(), "/users/" + user, "{\"name\": \"" + name + "\"}");
            String receipt = written.headers().firstValue("tidemark-receipt").orElseThrow();
            HttpResponse<String> read = call("GET", orders.uri(), "/orders/" + order, "", "tidemark-receipt", receipt);
            assertThat(read.statusCode()).isEqualTo(200);
            String timing = read.headers().firstValue("server-timing").orElseThrow();
            reads.add(new Read(
                    Double.parseDouble(timing.replace("user;dur=", "")),
                    read.body().contains("\"userNameFrom\":\"replica\""),
                    !read.body().contains("\"userName\":\"" + name + "\"")));
        }
        return reads;
    }

    private static String id(HttpResponse<String> created) {
        return created.body().replaceAll(".*\"id\":\"([^\"]+)\".*", "$1");
    }

    private static void report(List<Read> reads) {
        double[] waited =
                reads.stream().mapToDouble(Read::waitedMillis).sorted().toArray();
        System.out.println(String.format(
                Locale.ROOT,
                "read your writes: %d writes, %d stale reads, %d from the replica; waited p50 %.1f ms, p99 %.1f ms, max %.1f ms",
                reads.size(),
                reads.stream().filter(Read::stale).count(),
                reads.stream().filter(Read::fromReplica).count(),
                waited[waited.length / 2],
                waited[(int) (waited.length * 0.99)],
                Arrays.stream(waited).max().orElse(0)));
    }
}
