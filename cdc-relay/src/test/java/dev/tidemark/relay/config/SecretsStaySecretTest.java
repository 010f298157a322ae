package dev.tidemark.relay.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** A canary in every setting that may be secret, and from a variable in every setting there is. */
class SecretsStaySecretTest {

    private static final String CANARY = "canary-8f14e45f";

    private static final String FULL = """
            source:
              url: jdbc:postgresql://localhost/orders?sslkey=canary-8f14e45f
              user: relay
              password: canary-8f14e45f
            subscribers:
              - name: shipping
                http:
                  url: http://localhost/events?key=canary-8f14e45f
                  headers: {authorization: Bearer canary-8f14e45f}
                  secrets: [whsec_canary8f14e45fcanary8f14e45fcanary8f14e4]
              - name: cache
                redis:
                  url: rediss://localhost/7
                  password: canary-8f14e45f
                  properties: {keyStore: key.p12, keyStorePassword: canary-8f14e45f}
              - name: mail
                nats:
                  url: nats://localhost/
                  user: relay
                  password: canary-8f14e45f
                  properties: {trustStorePassword: canary-8f14e45f}
              - name: ledger
                kafka:
                  bootstrap: localhost:9092
                  properties: {sasl.jaas.config: canary-8f14e45f, ssl.keystore.password: canary-8f14e45f}
              - name: reporting
                postgres:
                  url: jdbc:postgresql://localhost/reports?sslpassword=canary-8f14e45f
                  user: relay
                  password: canary-8f14e45f
              - name: billing
                rabbitmq:
                  url: amqps://localhost/shop
                  user: relay
                  password: canary-8f14e45f
                  exchange: events
                  properties: {ssl.trust.store.password: canary-8f14e45f}
              - name: invoicing
                sqs:
                  queue: https://sqs.eu-central-1.amazonaws.com/123456789012/orders.fifo
                  accesskey: AKIA
                  secretkey: canary-8f14e45f
              - name: everybody
                sns:
                  topic: arn:aws:sns:eu-central-1:123456789012:orders.fifo
                  accesskey: AKIA
                  secretkey: canary-8f14e45f
            backlog: {url: "jdbc:postgresql://localhost/kept?sslkey=canary-8f14e45f", user: relay, password: canary-8f14e45f}
            ops: {token: canary-8f14e45f-0123456789}
            """;

    @Test
    void noSecretIsInWhatAConfigurationSaysOfItself() {
        RelayConfig config = read(FULL);

        assertThat(config.source().password().reveal()).isEqualTo(CANARY);
        assertThat(config.toString())
                .doesNotContain("canary")
                .contains("url=jdbc:postgresql://localhost/orders?sslkey=***")
                .contains("url=http://localhost/events?key=***")
                .contains("headers={authorization=***}")
                .contains("secrets=[***]")
                .contains("RedisSinkConfig[url=rediss://localhost/7, user=, password=***")
                .contains("Elsewhere[url=jdbc:postgresql://localhost/kept?sslkey=***, user=relay, password=***]")
                .contains("NatsSinkConfig[url=nats://localhost/, user=relay, password=***")
                .contains("properties={trustStorePassword=***}")
                .contains("keyStorePassword=***")
                .contains("KafkaSinkConfig[bootstrap=localhost:9092, topic=events.{aggregatetype}, mode=BINARY")
                .contains("sasl.jaas.config=***")
                .contains("PostgresSinkConfig[url=jdbc:postgresql://localhost/reports?sslpassword=***, user=relay,"
                        + " password=***, table=public.incoming")
                .contains("ssl.keystore.password=***")
                .contains("RabbitSinkConfig[url=amqps://localhost/shop, user=relay, password=***, exchange=events")
                .contains("properties={ssl.trust.store.password=***}")
                .contains("orders.fifo, region=, accessKey=AKIA, secretKey=***")
                .contains("orders.fifo, endpoint=null, accessKey=AKIA, secretKey=***")
                .contains("password=***")
                .contains("token=***");
    }

    @Test
    void builtWithoutAFileItSaysNoMoreOfItself() {
        SourceConfig source = SourceConfig.builder()
                .url("jdbc:postgresql://localhost/orders?sslpassword=" + CANARY)
                .user("relay")
                .password(Secret.of(CANARY))
                .build();
        HttpSinkConfig http = HttpSinkConfig.builder("http://localhost/?a=" + CANARY + "&b=" + CANARY)
                .header("x-key", Secret.of(CANARY))
                .build();
        OpsConfig ops = OpsConfig.builder().token(Secret.of(CANARY + CANARY)).build();

        assertThat(List.of(source, http, ops).toString()).doesNotContain("canary");
        assertThat(http.shownUrl()).isEqualTo("http://localhost/?a=***&b=***");
    }

    /** The value of a variable is never shown, whatever the setting it was put into thinks of it. */
    @TestFactory
    Stream<DynamicTest> aSecretInTheWrongSettingIsNotShownEither() {
        return Stream.of(
                        "source: {url: '%s'}",
                        "source: {url: 'jdbc:postgresql://localhost/orders?sslpassword=%%zz%s'}",
                        "source: {standbys: ['jdbc:postgresql://localhost/orders?sslpassword=%s%%']}",
                        "backlog: {url: 'jdbc:postgresql://localhost/kept?sslpassword=%%%s'}",
                        "source: {user: ['%s']}",
                        "source: {slot: '%s'}",
                        "source: {publication: '%s'}",
                        "source: {table: '%s'}",
                        "wire: {typeprefix: '%s !'}",
                        "wire: {schemabase: '%s'}",
                        "subscribers: [{name: 'X%s'}]",
                        "subscribers: [{lanes: '%s'}]",
                        "subscribers: [{batch: '%s'}]",
                        "subscribers: [{types: '%s'}]",
                        "subscribers: [{retry: {first: '%s'}}]",
                        "subscribers: [{http: {url: '%s'}}]",
                        "subscribers: [{http: {mode: '%s'}}]",
                        "subscribers: [{http: {timeout: '%s'}}]",
                        "subscribers: [{http: {headers: '%s'}}]",
                        "subscribers: [{http: {headers: {x: \"%s\\n\"}}}]",
                        "subscribers: [{http: {inflight: '%s'}}]",
                        "subscribers: [{http: {mode: batch, maxbytes: '%s'}}]",
                        "subscribers: [{http: {addresses: '%s'}}]",
                        "subscribers: [{http: {allow: '%s'}}]",
                        "subscribers: [{http: {allow: ['%s']}}]",
                        "subscribers: [{http: {url: 'http://a', allow: ['%s']}}]",
                        "subscribers: [{http: {secrets: '%s'}}]",
                        "subscribers: [{http: {secrets: ['%s']}}]",
                        "subscribers: [{http: {secrets: ['whsec_%s']}}]",
                        "subscribers: [{redis: {url: '%s'}}]",
                        "subscribers: [{redis: {url: 'redis://a/%s', timeout: 0s}}]",
                        "subscribers: [{redis: {stream: '{%s}'}}]",
                        "subscribers: [{redis: {maxlen: '%s'}}]",
                        "subscribers: [{redis: {user: '%s'}}]",
                        "subscribers: [{redis: {properties: {trustStore: '%s'}}}]",
                        "subscribers: [{nats: {url: '%s'}}]",
                        "subscribers: [{nats: {subject: '*%s'}}]",
                        "subscribers: [{nats: {stream: '*%s'}}]",
                        "subscribers: [{nats: {mode: '%s'}}]",
                        "subscribers: [{nats: {properties: {reconnect: '%s'}}}]",
                        "subscribers: [{nats: {properties: '%s'}}]",
                        "subscribers: [{kafka: {bootstrap: '%s !'}}]",
                        "subscribers: [{kafka: {topic: '*%s'}}]",
                        "subscribers: [{kafka: {mode: '%s'}}]",
                        "subscribers: [{kafka: {create: {partitions: '%s', replication: 1}}}]",
                        "subscribers: [{kafka: {properties: {acks: '%s'}}}]",
                        "subscribers: [{kafka: {properties: {compression.type: '%s'}}}]",
                        "subscribers: [{kafka: {properties: {batch.size: '%s'}}}]",
                        "subscribers: [{kafka: {properties: '%s'}}]",
                        "subscribers: [{postgres: {url: '%s'}}]",
                        "subscribers: [{postgres: {url: 'jdbc:postgresql://a/b?sslpassword=%s%%4'}}]",
                        "subscribers: [{postgres: {user: ['%s']}}]",
                        "subscribers: [{postgres: {table: '%s'}}]",
                        "subscribers: [{postgres: {channel: '%s !'}}]",
                        "subscribers: [{postgres: {timeout: '%s'}}]",
                        "subscribers: [{rabbitmq: {url: '%s'}}]",
                        "subscribers: [{rabbitmq: {url: 'amqp://a/b/%s', exchange: a}}]",
                        "subscribers: [{rabbitmq: {exchange: '%s é'}}]",
                        "subscribers: [{rabbitmq: {routingkey: '{%s}'}}]",
                        "subscribers: [{rabbitmq: {create: {queue: '%s é'}}}]",
                        "subscribers: [{rabbitmq: {create: {binding: '%s é'}}}]",
                        "subscribers: [{rabbitmq: {properties: {ssl.enabled: '%s'}}}]",
                        "subscribers: [{rabbitmq: {properties: '%s'}}]",
                        "subscribers: [{sqs: {queue: '%s'}}]",
                        "subscribers: [{sqs: {queue: 'http://a/b/%s !'}}]",
                        "subscribers: [{sqs: {queue: 'http://a/b/c', region: '%s !'}}]",
                        "subscribers: [{sqs: {accesskey: '%s !'}}]",
                        "subscribers: [{sqs: {timeout: '%s'}}]",
                        "subscribers: [{sns: {topic: '%s'}}]",
                        "subscribers: [{sns: {topic: 'arn:aws:sns:eu-west-1:123456789012:%s !'}}]",
                        "subscribers: [{sns: {endpoint: '%s'}}]",
                        "subscribers: [{sns: {accesskey: '%s !'}}]",
                        "subscribers: '%s'",
                        "memory: {events: '%s'}",
                        "memory: {bytes: '%s'}",
                        "ops: {host: '%s'}",
                        "ops: {port: '%s'}",
                        "ops: {token: '%s'}",
                        "ops: {allowremote: '%s'}",
                        "shutdown: {deadline: '%s'}",
                        "upkeep: {every: '%s'}",
                        "upkeep: '%s'")
                .map(yaml -> DynamicTest.dynamicTest(
                        yaml,
                        () -> assertThat(refusal(yaml.formatted("${env:CANARY}")))
                                .doesNotContain("canary")));
    }

    /** The driver would refuse it, with all of the URL in its message. */
    @Test
    void anEscapeThatTheDriverCannotReadIsAProblemOfTheSetting() {
        assertThat(refusal(FULL.replace("?sslkey=canary-8f14e45f\n", "?sslkey=100%zz-canary\n")))
                .contains("source.url", "must have two hexadecimal digits behind each %, which is itself written %25")
                .doesNotContain("canary");
        assertThat(read(FULL.replace("?sslkey=canary-8f14e45f\n", "?sslkey=100%25\n"))
                        .source()
                        .host())
                .isEqualTo("localhost");
    }

    @TestFactory
    Stream<DynamicTest> aSecretThatIsNotYamlIsNotShown() {
        return Stream.of("*canary", "&canary", "!canary", "!canary!x y", "{canary", "'canary", "@canary", "a: canary")
                .map(value -> DynamicTest.dynamicTest(
                        value,
                        () -> assertThat(refusal("source:\n  password: " + value + "\n"))
                                .doesNotContain("canary")));
    }

    private static String refusal(String yaml) {
        ConfigException refusal = catchThrowableOfType(ConfigException.class, () -> read(yaml));
        assertThat(refusal).isNotNull();
        StringWriter trace = new StringWriter();
        refusal.printStackTrace(new PrintWriter(trace));
        return trace + refusal.problems().toString();
    }

    private static RelayConfig read(String yaml) {
        return RelayFile.read("relay.yaml", yaml, new Interpolation(Map.of("CANARY", CANARY), Path.of("/nowhere")));
    }
}
