package dev.tidemark.relay.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** As {@link RelayFileProblemsTest}, for one kind of sink. */
class RabbitSinkProblemsTest {

    private static final String FILE = """
            source:
              url: jdbc:postgresql://localhost:5432/orders
              user: relay
              password: secret
            subscribers:
              - name: billing
                rabbitmq: {%s}
            """;

    @TestFactory
    Stream<DynamicTest> rabbitmqSinksAreChecked() {
        String good = "url: 'amqp://a', exchange: events, ";
        Map<String, String> cases = new LinkedHashMap<>();
        cases.put("exchange: a", "url is required, but is not set");
        cases.put("url: 'amqp://a'", "exchange is required, but is not set");
        cases.put(
                "exchange: a, url: 'http://hunter2'",
                "url must look like amqp://rabbitmq.example.com:5672, with one of the schemes amqp, amqps; what is"
                        + " there is not shown, it may hold a secret");
        cases.put(
                "exchange: a, url: 'amqp://me:hunter2@localhost'",
                "url must not contain a user or password; there are the settings user and password");
        cases.put(
                "exchange: a, url: 'amqp://a/b/hunter2'",
                "url must have the virtual host as its path, with %2F for a slash in it, and nothing behind; what is"
                        + " there is not shown, it may hold a secret");
        cases.put(
                "exchange: a, url: 'amqp://a/b?password=hunter2'",
                "url must have the virtual host as its path, with %2F for a slash in it, and nothing behind; what is"
                        + " there is not shown, it may hold a secret");
        cases.put(good + "user: relay", "password is required, as the other of the two is set");
        cases.put(good + "password: hunter2", "user is required, as the other of the two is set");
        cases.put(
                "url: 'amqp://a', exchange: 'a b'",
                "exchange must be 1 to 255 visible ASCII characters without quotes and backslashes, but was: a b");
        cases.put(
                good + "routingkey: '{subject}'",
                "routingkey must be a name, in which braces hold one of aggregateid, aggregatetype, source, tenantid,"
                        + " type, such as events.{aggregatetype}, but was: {subject}");
        cases.put(
                good + "create: {queue: 'a b'}",
                "create.queue must be 1 to 255 visible ASCII characters without quotes and backslashes, but was: a b");
        cases.put(
                good + "create: {queues: a}",
                "create.queues is not a setting; did you mean subscribers[0].rabbitmq.create.queue?");
        cases.put(
                good + "create: {binding: 'order.#'}",
                "create.binding is of a queue, but queue is not set, so none would be made, but was: order.#");
        cases.put(good + "timeout: 1ms", "timeout must be a duration from 10ms to 10m, but was: 1ms");
        String secure = "url: 'amqps://a', exchange: events, ";
        cases.put(secure + "properties: {ssl.key.store: ''}", "properties.ssl.key.store is required, but is not set");
        cases.put(
                good + "properties: {ssl.trust.store: trust.p12, ssl.trust.store.password: hunter2}",
                "properties are of TLS, which there is with a url that begins with amqps:");
        cases.put(
                secure + "properties: {connection.recovery.enabled: 'true'}",
                "properties.connection.recovery.enabled is not one of the client's properties that can be set here:"
                        + " ssl.algorithm, ssl.key.password, ssl.key.store, ssl.key.store.algorithm,"
                        + " ssl.key.store.password, ssl.key.store.type, ssl.trust.store, ssl.trust.store.algorithm,"
                        + " ssl.trust.store.password, ssl.trust.store.type, ssl.validate.server.certificate");
        return cases.entrySet().stream()
                .map(one -> DynamicTest.dynamicTest(one.getKey(), () -> {
                    ConfigException refusal = catchThrowableOfType(ConfigException.class, () -> read(one.getKey()));
                    assertThat(refusal)
                            .hasMessage("1 problem in relay.yaml:\n  - subscribers[0].rabbitmq." + one.getValue());
                }));
    }

    @TestFactory
    Stream<DynamicTest> whatIsLeftOutHasItsDefault() {
        return Stream.of("{}", "{queue: billing}", "{queue: billing, binding: 'order.*'}")
                .map(create -> DynamicTest.dynamicTest(
                        create,
                        () -> assertThat(read("url: 'amqp://a/x', exchange: e, create: " + create)
                                        .subscribers())
                                .singleElement()
                                .extracting(subscriber -> subscriber.sink().toString())
                                .asString()
                                .contains("routingKey={aggregatetype}.{type}, create=Create[queue="
                                        + (create.equals("{}") ? "" : "billing") + ", binding="
                                        + (create.contains("order") ? "order.*" : "#") + "]")));
    }

    private static RelayConfig read(String settings) {
        return RelayFile.read("relay.yaml", FILE.formatted(settings), new Interpolation(Map.of(), Path.of("/nowhere")));
    }
}
