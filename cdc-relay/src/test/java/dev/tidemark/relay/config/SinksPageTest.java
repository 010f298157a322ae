package dev.tidemark.relay.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What docs/sinks.md shows are configurations that a relay starts with. */
class SinksPageTest {

    private static final Path DOCS = Path.of("..", "docs").toAbsolutePath().normalize();

    private static final Map<String, Class<? extends SinkConfig>> KINDS = Map.of(
            "http.yaml",
            HttpSinkConfig.class,
            "kafka.yaml",
            KafkaSinkConfig.class,
            "rabbitmq.yaml",
            RabbitSinkConfig.class,
            "redis.yaml",
            RedisSinkConfig.class,
            "nats.yaml",
            NatsSinkConfig.class,
            "postgres.yaml",
            PostgresSinkConfig.class,
            "sqs.yaml",
            SqsSinkConfig.class,
            "sns.yaml",
            SnsSinkConfig.class);

    @TestFactory
    Stream<DynamicTest> everyFileIsShownAndRead() throws IOException {
        String page = Files.readString(DOCS.resolve("sinks.md"));
        List<Path> files;
        try (Stream<Path> all = Files.list(DOCS.resolve("sinks"))) {
            files = all.toList();
        }
        assertThat(files.stream().map(file -> file.getFileName().toString()).collect(Collectors.toSet()))
                .isEqualTo(KINDS.keySet());
        return files.stream()
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                    assertThat(page).contains("```yaml\n" + Files.readString(file) + "```");
                    RelayConfig config = ConfigFile.read(
                            file,
                            Map.of(
                                    "RELAY_PASSWORD",
                                    "a",
                                    "SHIPPING_TOKEN",
                                    "b",
                                    "SHIPPING_SECRET",
                                    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                    "REDIS_PASSWORD",
                                    "c",
                                    "NATS_PASSWORD",
                                    "d",
                                    "KAFKA_PASSWORD",
                                    "e",
                                    "REPORTS_PASSWORD",
                                    "f",
                                    "RABBITMQ_PASSWORD",
                                    "g",
                                    "AWS_KEY",
                                    "h",
                                    "AWS_SECRET",
                                    "i"));
                    assertThat(config.subscribers())
                            .singleElement()
                            .satisfies(subscriber -> assertThat(subscriber.sink())
                                    .isInstanceOf(KINDS.get(file.getFileName().toString())));
                }));
    }
}
