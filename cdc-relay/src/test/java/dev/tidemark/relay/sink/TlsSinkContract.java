package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.relay.config.ConfigFile;
import dev.tidemark.relay.config.SinkConfig;
import dev.tidemark.testkit.Broker;
import dev.tidemark.testkit.TlsStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whom a sink trusts, and who it is itself, by the settings of a relay's file; against the broker's own listener, which
 * has a certificate for {@code localhost} and talks to nobody without a certificate.
 */
@Timeout(300)
abstract class TlsSinkContract {

    @TempDir
    private Path directory;

    /** Wants a certificate of {@code client}, and has one for {@code dns:localhost}. */
    abstract Broker broker();

    /**
     * The settings of the sink, such as {@code redis: …}.
     *
     * @param host by which it reaches the broker
     * @param properties as they stand in a file
     */
    abstract String settings(Broker broker, String host, String properties);

    /** With which the certificate of {@code server} is trusted. */
    abstract Map<String, String> trust(TlsStore server);

    /** With which the sink has the certificate of {@code client}. */
    abstract Map<String, String> key(TlsStore client);

    abstract Sink sink(SinkConfig config);

    abstract List<Envelope> storedIn(Broker broker);

    abstract TlsStore server();

    abstract TlsStore client();

    @Test
    void aServerThatIsTrustedAndThatTrustsUsGetsEvents() throws Exception {
        assertThat(deliver(broker(), "localhost", both(), "a")).isEqualTo(Delivery.delivered());
        assertThat(stored(broker(), "a")).containsExactly("a@1");
    }

    @Test
    void aServerThatNobodyVouchesForGetsNothingUntilItIsTrusted() throws Exception {
        assertRefused(deliver(broker(), "localhost", key(client()), "b"), "certification path");
        assertThat(stored(broker(), "b")).isEmpty();
        assertThat(deliver(broker(), "localhost", both(), "b")).isEqualTo(Delivery.delivered());
        assertThat(stored(broker(), "b")).containsExactly("b@1");
    }

    @Test
    void aServerWithAnothersCertificateGetsNothing() throws Exception {
        assertRefused(deliver(broker(), "127.0.0.1", both(), "c"), "No subject alternative names");
        assertThat(stored(broker(), "c")).isEmpty();
    }

    @Test
    void aServerThatWantsACertificateOfOursIsToldNothingWithoutOne() throws Exception {
        assertRefused(deliver(broker(), "localhost", trust(server()), "d"), "certificate");
        assertThat(stored(broker(), "d")).isEmpty();
        assertThat(deliver(broker(), "localhost", both(), "d")).isEqualTo(Delivery.delivered());
        assertThat(stored(broker(), "d")).containsExactly("d@1");
    }

    private Map<String, String> both() {
        Map<String, String> both = new HashMap<>(trust(server()));
        both.putAll(key(client()));
        return both;
    }

    /** @param why a part of it that tells it from others */
    static void assertRefused(Delivery delivery, String why) {
        assertThat(delivery)
                .isInstanceOfSatisfying(
                        Delivery.Retry.class,
                        retry -> assertThat(retry.reason())
                                .contains(": TLS failed: ")
                                .containsIgnoringCase(why)
                                .doesNotContain(TlsStore.PASSWORD));
    }

    List<String> stored(Broker broker, String aggregate) {
        return storedIn(broker).stream()
                .filter(event -> event.aggregate().id().equals(aggregate))
                .map(Events::label)
                .toList();
    }

    /** By a sink of its own. */
    Delivery deliver(Broker broker, String host, Map<String, String> properties, String aggregate) throws Exception {
        try (Sink sink = sink(config(broker, host, properties))) {
            return sink.deliver(List.of(event(aggregate, 1))).get(0);
        }
    }

    SinkConfig config(Broker broker, String host, Map<String, String> properties) throws Exception {
        String map = properties.entrySet().stream()
                .map(one -> one.getKey() + ": '" + one.getValue() + "'")
                .collect(Collectors.joining(", ", "{", "}"));
        Path file = Files.writeString(
                Files.createTempFile(directory, "relay", ".yaml"), """
                source:
                  url: jdbc:postgresql://localhost/orders
                  user: relay
                  password: secret
                subscribers:
                  - name: one
                    %s
                """.formatted(settings(broker, host, map)));
        return ConfigFile.read(file).subscribers().get(0).sink();
    }
}
