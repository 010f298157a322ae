package dev.tidemark.relay.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RelayFileTest {

    @Test
    void aFileThatSetsEverythingIsReadAsItIsWritten() {
        RelayConfig config = read("""
                source:
                  url: jdbc:postgresql://db.example.com:5433/orders?sslmode=verify-full
                  user: tidemark_relay
                  password: ${env:PASSWORD}
                  slot: orders_slot
                  publication: orders_publication
                  table: shop.outbox
                  feed: pgoutput
                wire:
                  typeprefix: com.example.
                  schemabase: https://schemas.example.com
                subscribers:
                  - name: shipping
                    aggregatetypes: ["order", "cust*"]
                    types: ["order-*"]
                    markers: true
                    tenants: [acme]
                    lanes: 8
                    batch: 50
                    retry: { first: 200ms, max: 1m }
                    http:
                      url: http://localhost:8081/events
                      mode: structured
                      timeout: 3s
                      headers: { authorization: "Bearer ${env:TOKEN}" }
                      inflight: 16
                    start: retained
                memory: { events: 1000, bytes: 2MiB, directory: /var/lib/tidemark }
                ops: { host: "::1", port: 0, token: "0123456789abcdef" }
                shutdown: { deadline: 5s }
                upkeep: { retention: 12h, ahead: 1d, every: 1m }
                leadership: { lease: 30s }
                """);

        assertThat(config)
                .isEqualTo(RelayConfig.builder()
                        .source(SourceConfig.builder()
                                .url("jdbc:postgresql://db.example.com:5433/orders?sslmode=verify-full")
                                .user("tidemark_relay")
                                .password(Secret.of("pass"))
                                .slot("orders_slot")
                                .publication("orders_publication")
                                .table("shop.outbox")
                                .feed(Feed.PGOUTPUT)
                                .build())
                        .wire(new WireConfig("com.example.", "https://schemas.example.com"))
                        .subscriber(SubscriberConfig.builder("shipping")
                                .aggregateTypes("order", "cust*")
                                .types("order-*")
                                .markers(true)
                                .tenants("acme")
                                .lanes(8)
                                .batch(50)
                                .retry(new RetryConfig(Duration.ofMillis(200), Duration.ofMinutes(1)))
                                .sink(HttpSinkConfig.builder("http://localhost:8081/events")
                                        .mode(HttpSinkConfig.Mode.STRUCTURED)
                                        .timeout(Duration.ofSeconds(3))
                                        .header("authorization", Secret.of("Bearer tok"))
                                        .inFlight(16)
                                        .build())
                                .start(Start.RETAINED)
                                .build())
                        .memory(new MemoryConfig(1000, 2 << 20, "/var/lib/tidemark"))
                        .ops(OpsConfig.builder()
                                .host("::1")
                                .port(0)
                                .token(Secret.of("0123456789abcdef"))
                                .build())
                        .shutdown(new ShutdownConfig(Duration.ofSeconds(5)))
                        .upkeep(new UpkeepConfig(Duration.ofHours(12), Duration.ofDays(1), Duration.ofMinutes(1)))
                        .leadership(new LeadershipConfig(Duration.ofSeconds(30)))
                        .build());
        assertThat(config.source().host()).isEqualTo("db.example.com");
        assertThat(config.source().port()).isEqualTo(5433);
        assertThat(config.source().database()).isEqualTo("orders");
        assertThat(config.source().parameters()).isEqualTo(Map.of("sslmode", "verify-full"));
    }

    @Test
    void aFileWithTheRequiredSettingsOnlyHasTheDefaultsOfTheBuilders() {
        RelayConfig config = read("""
                source: { url: "jdbc:postgresql://localhost/orders", user: relay, password: 0123 }
                subscribers: [{ name: shipping, http: { url: "http://localhost:8081" } }]
                """);

        assertThat(config.source().password()).isEqualTo(Secret.of("0123"));
        assertThat(config.source().port()).isEqualTo(5432);
        assertThat(config.source().slot()).isEqualTo("tidemark_outbox");
        assertThat(config.source().publication()).isEqualTo("tidemark_outbox");
        assertThat(config.source().table()).isEqualTo("public.outbox");
        assertThat(config.source().feed()).isEqualTo(Feed.DEBEZIUM);
        assertThat(config.wire()).isEqualTo(WireConfig.DEFAULT);
        assertThat(config.subscribers())
                .isEqualTo(List.of(SubscriberConfig.builder("shipping")
                        .sink(HttpSinkConfig.builder("http://localhost:8081").build())
                        .build()));
        assertThat(config.memory()).isEqualTo(MemoryConfig.ofThisHeap());
        assertThat(config.ops()).isEqualTo(new OpsConfig("127.0.0.1", 9464, false, Secret.none()));
        assertThat(config.shutdown()).isEqualTo(ShutdownConfig.DEFAULT);
        assertThat(config.upkeep()).isEqualTo(UpkeepConfig.DEFAULT);
        assertThat(config.leadership()).isEqualTo(LeadershipConfig.DEFAULT);
    }

    @Test
    void allProblemsAreSaidAtOnce() {
        assertThatThrownBy(() -> read("""
                        source:
                          url: jdbc:postgresql://localhost:5432/orders
                          user: relay
                          password: ${env:PASSWORD}
                          slots: orders
                        subscribers:
                          - name: shipping
                            http: { mode: binary }
                          - name: billing
                            lanes: many
                            http: { url: "http://localhost:8081" }
                        """)).isInstanceOf(ConfigException.class).hasMessage("""
                        3 problems in relay.yaml:
                          - subscribers[0].http.url is required, but is not set
                          - subscribers[1].lanes must be a whole number from 1 to 64, but was: many
                          - source.slots is not a setting; did you mean source.slot?""");
    }

    @Test
    void anEmptyFileIsToldWhatIsRequired() {
        assertThatThrownBy(() -> read("# nothing yet\n")).hasMessage("""
                        4 problems in relay.yaml:
                          - source.url is required, but is not set
                          - source.user is required, but is not set
                          - source.password is required, but is not set
                          - subscribers is required, with at least one subscriber, but is not set""");
    }

    @Test
    void aliasesMayBeUsedToSayThingsOnce() {
        RelayConfig config = read("""
                source: { url: "jdbc:postgresql://localhost/orders", user: relay, password: p }
                subscribers:
                  - { name: a, retry: &slow { first: 1s, max: 1m }, http: { url: "http://localhost:8081" } }
                  - { name: b, retry: *slow, http: { url: "http://localhost:8082" } }
                """);

        assertThat(config.subscribers().get(1).retry())
                .isEqualTo(new RetryConfig(Duration.ofSeconds(1), Duration.ofMinutes(1)));
        assertThat(config.subscribers().get(1).sink())
                .isInstanceOfSatisfying(
                        HttpSinkConfig.class,
                        http -> assertThat(http.url()).isEqualTo(URI.create("http://localhost:8082")));
    }

    private static RelayConfig read(String yaml) {
        Map<String, String> environment = Map.of("PASSWORD", "pass", "TOKEN", "tok");
        return RelayFile.read("relay.yaml", yaml, new Interpolation(environment, Path.of("/nowhere")));
    }
}
