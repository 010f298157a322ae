package dev.tidemark.relay.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** As {@link RelayFileProblemsTest}, for one kind of sink. */
class SqsSinkProblemsTest {

    private static final String FILE = """
            source:
              url: jdbc:postgresql://localhost:5432/orders
              user: relay
              password: secret
            subscribers:
              - name: invoicing
                sqs: {%s}
            """;

    @TestFactory
    Stream<DynamicTest> sqsSinksAreChecked() {
        String aws = "queue: 'https://sqs.eu-central-1.amazonaws.com/123456789012/a', ";
        String shape = "queue must be the URL of a queue, such as"
                + " https://sqs.eu-central-1.amazonaws.com/123456789012/orders.fifo; what is there is not shown, it may"
                + " hold a secret";
        String name = "queue must have at its end the name of a queue: at most 80 of a-z, A-Z, 0-9, _ and -, with .fifo"
                + " behind or not, but was: ";
        Map<String, String> cases = new LinkedHashMap<>();
        cases.put("region: eu-central-1", "queue is required, but is not set");
        cases.put("queue: orders.fifo", shape);
        cases.put("queue: 'https://me:hunter2@a/1/b'", shape);
        cases.put("queue: 'https://a/1/b?token=hunter2/c', region: eu-central-1", shape);
        cases.put("queue: 'https://{source}/1/b'", shape);
        cases.put("queue: 'https://a/{source}/b'", shape);
        cases.put("queue: 'https://a/1/b?hunter2', region: eu-central-1", name + "b?hunter2");
        cases.put("queue: 'https://a/1/b.fifo.fifo', region: eu-central-1", name + "b.fifo.fifo");
        cases.put("queue: 'https://a/1/" + "b".repeat(81) + "', region: eu-central-1", name + "b".repeat(80) + "…");
        cases.put(
                "queue: 'https://a/1/{type}', region: eu-central-1",
                "queue must be a name, in which braces hold one of aggregatetype, source, tenantid, such as"
                        + " events.{aggregatetype}, but was: {type}");
        cases.put(
                "queue: 'https://a.example.com/1/b'",
                "region is required, as queue does not tell it; such as eu-central-1");
        cases.put(aws + "region: Frankfurt", "region must be a region, such as eu-central-1, but was: Frankfurt");
        cases.put(
                aws + "region: eu-west-1",
                "region must be that of queue, which is eu-central-1, or be left out, but was: eu-west-1");
        cases.put(aws + "accesskey: AKIA", "secretkey is required, as the other of the two is set");
        cases.put(aws + "secretkey: hunter2", "accesskey is required, as the other of the two is set");
        cases.put(
                aws + "accesskey: 'hunter 2', secretkey: a",
                "accesskey must be at most 128 of a-z, A-Z, 0-9 and _; what is there is not shown, it may be secret");
        cases.put(aws + "timeout: 1ms", "timeout must be a duration from 10ms to 10m, but was: 1ms");
        return cases.entrySet().stream()
                .map(one -> DynamicTest.dynamicTest(one.getKey(), () -> {
                    ConfigException refusal = catchThrowableOfType(ConfigException.class, () -> read(one.getKey()));
                    assertThat(refusal)
                            .hasMessage("1 problem in relay.yaml:\n  - subscribers[0].sqs." + one.getValue());
                }));
    }

    @TestFactory
    Stream<DynamicTest> theHostTellsTheRegion() {
        return Stream.of(
                        "sqs.eu-west-3.amazonaws.com",
                        "sqs-fips.eu-west-3.amazonaws.com",
                        "sqs.eu-west-3.api.aws",
                        "eu-west-3.queue.amazonaws.com",
                        "sqs.eu-west-3.amazonaws.com.cn",
                        "vpce-0a1b-2c.sqs.eu-west-3.vpce.amazonaws.com")
                .map(host -> DynamicTest.dynamicTest(
                        host,
                        () -> assertThat(SqsSinkConfig.to("https://" + host + "/123456789012/a.fifo")
                                        .settings()
                                        .access()
                                        .region())
                                .isEqualTo("eu-west-3")));
    }

    @Test
    void whatTheHostDoesNotTellIsSet() {
        SqsSinkConfig sqs =
                (SqsSinkConfig) read("queue: 'http://localhost:9324/000000000000/{aggregatetype}', region: eu-west-3")
                        .subscribers()
                        .get(0)
                        .sink();
        assertThat(sqs.settings())
                .hasToString("queue http://localhost:9324/000000000000/{aggregatetype}, region"
                        + " eu-west-3, endpoint http://localhost:9324, credentials that the SDK finds, timeout PT10S");
    }

    private static RelayConfig read(String settings) {
        return RelayFile.read("relay.yaml", FILE.formatted(settings), new Interpolation(Map.of(), Path.of("/nowhere")));
    }
}
