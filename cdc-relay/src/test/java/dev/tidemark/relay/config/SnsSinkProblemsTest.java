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
class SnsSinkProblemsTest {

    private static final String FILE = """
            source:
              url: jdbc:postgresql://localhost:5432/orders
              user: relay
              password: secret
            subscribers:
              - name: everybody
                sns: {%s}
            """;

    private static final String ARN = "arn:aws:sns:eu-central-1:123456789012:";

    @TestFactory
    Stream<DynamicTest> snsSinksAreChecked() {
        String good = "topic: '" + ARN + "a.fifo', ";
        String shape =
                "topic must be the ARN of a topic, such as arn:aws:sns:eu-central-1:123456789012:orders.fifo, but"
                        + " was: ";
        String name =
                "topic must have at its end the name of a topic: at most 256 of a-z, A-Z, 0-9, _ and -, with .fifo"
                        + " behind or not, but was: ";
        String endpoint =
                "endpoint must look like https://sns.eu-central-1.amazonaws.com, or be left out; what is there"
                        + " is not shown, it may hold a secret";
        Map<String, String> cases = new LinkedHashMap<>();
        cases.put("timeout: 1s", "topic is required, but is not set");
        cases.put("topic: orders", shape + "orders");
        cases.put(
                "topic: 'arn:aws:sqs:eu-central-1:123456789012:a'", shape + "arn:aws:sqs:eu-central-1:123456789012:a");
        cases.put("topic: 'arn:aws:sns:{source}:123456789012:a'", shape + "arn:aws:sns:{source}:123456789012:a");
        cases.put("topic: 'arn:aws:sns:eu-central-1:1:a'", shape + "arn:aws:sns:eu-central-1:1:a");
        cases.put("topic: '" + ARN + "a b'", name + "a b");
        cases.put("topic: '" + ARN + "b.fifo.fifo'", name + "b.fifo.fifo");
        cases.put(
                "topic: '" + ARN + "{type}'",
                "topic must be a name, in which braces hold one of aggregatetype, source, tenantid, such as"
                        + " events.{aggregatetype}, but was: {type}");
        cases.put(good + "endpoint: 'ftp://hunter2'", endpoint);
        cases.put(good + "endpoint: 'https://me:hunter2@localhost'", endpoint);
        cases.put(good + "endpoint: 'https://localhost?a=hunter2'", endpoint);
        cases.put(good + "endpoint: ''", endpoint);
        cases.put(good + "accesskey: AKIA", "secretkey is required, as the other of the two is set");
        cases.put(good + "timeout: 1ms", "timeout must be a duration from 10ms to 10m, but was: 1ms");
        return cases.entrySet().stream()
                .map(one -> DynamicTest.dynamicTest(one.getKey(), () -> {
                    ConfigException refusal = catchThrowableOfType(ConfigException.class, () -> read(one.getKey()));
                    assertThat(refusal)
                            .hasMessage("1 problem in relay.yaml:\n  - subscribers[0].sns." + one.getValue());
                }));
    }

    @Test
    void theTopicTellsTheRegion() {
        SnsSinkConfig sns = (SnsSinkConfig)
                read("topic: '" + ARN + "a'").subscribers().get(0).sink();
        assertThat(sns.settings())
                .hasToString("topic " + ARN + "a, region eu-central-1, endpoint null, credentials that the SDK finds,"
                        + " timeout PT10S");
        assertThat(SnsSinkConfig.to("arn:aws-us-gov:sns:us-gov-west-1:123456789012:a")
                        .settings()
                        .access()
                        .region())
                .isEqualTo("us-gov-west-1");
    }

    private static RelayConfig read(String settings) {
        return RelayFile.read("relay.yaml", FILE.formatted(settings), new Interpolation(Map.of(), Path.of("/nowhere")));
    }
}
