package dev.tidemark.relay.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** One setting is wrong in a file that is right otherwise; the message is exactly the one beside it. */
class RelayFileProblemsTest {

    private static final String GOOD = """
            source:
              url: jdbc:postgresql://localhost:5432/orders
              user: relay
              password: secret
            subscribers:
              - name: shipping
                http: {url: "http://localhost:8081"}
            """;

    private record Case(String setting, String problem) {}

    @TestFactory
    Stream<DynamicTest> sourcesAreChecked() {
        String url = "  url: jdbc:postgresql://localhost:5432/orders";
        String shape = "source.url must look like jdbc:postgresql://localhost:5432/orders; what is there is not shown,"
                + " it may hold a password";
        return replaced(
                url,
                new Case("  url: jdbc:mysql://localhost/orders", shape),
                new Case("  url: hunter2", shape),
                new Case("  url: jdbc:postgresql:orders", shape),
                new Case("  url: jdbc:postgresql://localhost:99999/orders", shape),
                new Case("  url: [a]", "source.url must be text, but was: a list"),
                new Case("  url:", "source.url is required, but is not set"),
                new Case(
                        "  url: jdbc:postgresql://localhost/orders?password=hunter2",
                        "source.url must not contain a password, for URLs end up in logs; put it beside,"
                                + " under password, for instance as ${file:/run/secrets/relay}"),
                new Case(
                        "  url: jdbc:postgresql://localhost/orders?ssl=true&user=me",
                        "source.url must not contain a user; put it beside, under user"),
                new Case(
                        "  url: jdbc:postgresql://me:hunter2@localhost/orders",
                        "source.url must not contain a user or password before the host;"
                                + " put them beside, under user and password"),
                new Case(
                        "  url: jdbc:postgresql://a,b/orders",
                        "source.url must name one host, such as an address that follows the primary"),
                new Case(url + "\n  slot: Orders", "source.slot must be 1 to 63 of a-z, 0-9 and _, but was: Orders"),
                new Case(
                        url + "\n  publication: 9",
                        "source.publication must be a name of a-z, 0-9 and _, at most 63 long, but was: 9"),
                new Case(
                        url + "\n  table: outbox",
                        "source.table must be schema.table in lower case, such as public.outbox, but was: outbox"),
                new Case(url + "\n  feed: wal2json", "source.feed must be debezium or pgoutput, but was: wal2json"),
                new Case(url + "\n  URL: x", "source.URL is not a setting; did you mean source.url?"),
                new Case(url + "\n  url: x", "source.url is set twice, in line 2 and in line 3"));
    }

    @TestFactory
    Stream<DynamicTest> subscribersAreChecked() {
        String name = "  - name: shipping";
        return replaced(
                name,
                new Case(
                        "  - name: Shipping",
                        "subscribers[0].name must be 1 to 63 of a-z, 0-9 and -, beginning with a letter, but was: Shipping"),
                new Case("  - lanes: 4", "subscribers[0].name is required, but is not set"),
                new Case(
                        name + "\n    http: {url: 'http://a'}\n" + name,
                        "subscribers[1].name must differ from subscribers[0].name, but was: shipping"),
                new Case(name + "\n    start: then", "subscribers[0].start must be now or retained, but was: then"),
                new Case(
                        name + "\n    aggregatetypes: order",
                        "subscribers[0].aggregatetypes must be a list, such as [order, cust*], but was: order"),
                new Case(
                        name + "\n    aggregatetypes: []",
                        "subscribers[0].aggregatetypes must have at least one glob, such as *, or be left out"),
                new Case(name + "\n    types: [[a]]", "subscribers[0].types[0] must be text, but was: a list"),
                new Case(
                        name + "\n    tenants: ['']",
                        "subscribers[0].tenants[0] must be a glob of 1 to 255 characters, but was: "),
                new Case(name + "\n    markers: often", "subscribers[0].markers must be true or false, but was: often"),
                new Case(
                        name + "\n    markers: true\n    onreject: skip",
                        "subscribers[0].markers cannot be true with onreject: skip, which makes holes that no marker fills;"
                                + " use onreject: block"),
                new Case(
                        name + "\n    lanes: 65",
                        "subscribers[0].lanes must be a whole number from 1 to 64, but was: 65"),
                new Case(
                        name + "\n    lanes: {a: 1}",
                        "subscribers[0].lanes must be a whole number from 1 to 64, but was: a group of settings"),
                new Case(
                        name + "\n    batch: 1.5",
                        "subscribers[0].batch must be a whole number from 1 to 10000, but was: 1.5"),
                new Case(
                        name + "\n    retry: {first: 5}",
                        "subscribers[0].retry.first must be a duration from 1ms to 1h, but was: 5"),
                new Case(
                        name + "\n    retry: {first: 2h}",
                        "subscribers[0].retry.first must be a duration from 1ms to 1h, but was: 2h"),
                new Case(
                        name + "\n    retry: {first: 31s}",
                        "subscribers[0].retry.max must not be less than first, but was: 30s"),
                new Case(
                        name + "\n    retry: never",
                        "subscribers[0].retry must be a group of settings, but was: a single value"),
                new Case(
                        name + "\n    aggregate_type: [order]",
                        "subscribers[0].aggregate_type is not a setting; did you mean subscribers[0].aggregatetypes?"));
    }

    @TestFactory
    Stream<DynamicTest> redisSinksAreChecked() {
        String url = "subscribers[0].redis.url must look like redis://redis.example.com:6379, with one of the schemes"
                + " redis, rediss; what is there is not shown, it may hold a secret";
        String path = "subscribers[0].redis.url must have the number of a database as its path, or none, and nothing"
                + " behind; what is there is not shown, it may hold a secret";
        String stream = "subscribers[0].redis.stream must be a name, in which braces hold one of aggregateid,"
                + " aggregatetype, source, tenantid, such as events.{aggregatetype}, but was: ";
        return replaced(
                "    http: {url: \"http://localhost:8081\"}",
                new Case("    redis: {stream: a}", "subscribers[0].redis.url is required, but is not set"),
                new Case("    redis: {url: 'http://hunter2'}", url),
                new Case("    redis: {url: 'redis:hunter2'}", url),
                new Case(
                        "    redis: {url: 'redis://:hunter2@localhost'}",
                        "subscribers[0].redis.url must not contain a user or password; there are the settings user and"
                                + " password"),
                new Case("    redis: {url: 'rediss://a?verifyPeer=NONE'}", path),
                new Case("    redis: {url: 'redis://a/orders'}", path),
                new Case("    redis: {url: 'redis://a/1?database=2'}", path),
                new Case(
                        "    redis: {url: 'redis://a', user: relay}",
                        "subscribers[0].redis.password is required where there is a user, but is not set"),
                new Case("    redis: {url: 'redis://a', stream: 'events:{type}'}", stream + "events:{type}"),
                new Case("    redis: {url: 'redis://a', stream: 'events:{'}", stream + "events:{"),
                new Case(
                        "    redis: {url: 'redis://a', maxlen: -1}",
                        "subscribers[0].redis.maxlen must be a whole number from 0 to 2147483647, but was: -1"),
                new Case(
                        "    redis: {url: 'redis://a', topic: a}",
                        "subscribers[0].redis.topic is not a setting; there are maxlen, password, properties, stream,"
                                + " timeout, url, user"),
                new Case(
                        "    redis: {url: 'redis://a', properties: {trustStore: a, trustStorePassword: hunter2}}",
                        "subscribers[0].redis.properties are of TLS, which there is with a url that begins with"
                                + " rediss:"),
                new Case(
                        "    redis: {url: 'rediss://a', properties: {trustStore: a}}",
                        "subscribers[0].redis.properties.trustStorePassword is required, as the other of the two is"
                                + " set"),
                new Case(
                        "    redis: {url: 'rediss://a', properties: {keyStorePassword: hunter2}}",
                        "subscribers[0].redis.properties.keyStore is required, as the other of the two is set"),
                new Case(
                        "    redis: {url: 'rediss://a', properties: {keyStore: '', keyStorePassword: hunter2}}",
                        "subscribers[0].redis.properties.keyStore is required, but is not set"),
                new Case(
                        "    redis: {url: 'rediss://a', properties: {timeout: 1s}}",
                        "subscribers[0].redis.properties.timeout is not one of the properties that can be set here:"
                                + " keyStore, keyStorePassword, trustStore, trustStorePassword"),
                new Case(
                        "    http: {url: 'http://a'}\n    redis: {url: 'redis://a'}",
                        "subscribers[0].redis is a second sink beside http; a subscriber has one, so make this another"
                                + " one"));
    }

    @TestFactory
    Stream<DynamicTest> natsSinksAreChecked() {
        return replaced(
                "    http: {url: \"http://localhost:8081\"}",
                new Case("    nats: {subject: a}", "subscribers[0].nats.url is required, but is not set"),
                new Case(
                        "    nats: {url: 'redis://hunter2'}",
                        "subscribers[0].nats.url must look like nats://nats.example.com:4222, with one of the schemes"
                                + " nats, tls; what is there is not shown, it may hold a secret"),
                new Case(
                        "    nats: {url: 'nats://a/orders'}",
                        "subscribers[0].nats.url must have no path, and nothing behind; what is there is not shown, it may"
                                + " hold a secret"),
                new Case(
                        "    nats: {url: 'nats://a', user: relay}",
                        "subscribers[0].nats.password is required, as the other of the two is set"),
                new Case(
                        "    nats: {url: 'nats://a', subject: 'events.>'}",
                        "subscribers[0].nats.subject must be visible ASCII characters but * and >, with no empty part,"
                                + " but was: events.>"),
                new Case(
                        "    nats: {url: 'nats://a', stream: 'a.b'}",
                        "subscribers[0].nats.stream must be the name of a stream, without spaces, dots, slashes, * and"
                                + " >, but was: a.b"),
                new Case(
                        "    nats: {url: 'nats://a', mode: batch}",
                        "subscribers[0].nats.mode must be structured or binary, but was: batch"),
                new Case(
                        "    nats: {url: 'nats://a', properties: {maxpings: 1}}",
                        "subscribers[0].nats.properties.maxpings is not one of the client's properties that can be set"
                                + " here: credential.path, inbox.prefix, keyStore, keyStorePassword, name,"
                                + " tls.algorithm, tls.first, token, trustStore, trustStorePassword"));
    }

    @TestFactory
    Stream<DynamicTest> postgresSinksAreChecked() {
        String good = "    postgres: {url: 'jdbc:postgresql://a/b', user: relay, password: c, ";
        return replaced(
                "    http: {url: \"http://localhost:8081\"}",
                new Case("    postgres: {user: a}", "subscribers[0].postgres.url is required, but is not set"),
                new Case(
                        "    postgres: {url: 'jdbc:postgresql://a/b'}",
                        "subscribers[0].postgres.user is required, but is not set"),
                new Case(
                        "    postgres: {url: 'mysql://hunter2', user: a}",
                        "subscribers[0].postgres.url must look like jdbc:postgresql://localhost:5432/orders; what is there"
                                + " is not shown, it may hold a password"),
                new Case(
                        good + "table: incoming}",
                        "subscribers[0].postgres.table must be schema.table in lower case, such as public.incoming, but"
                                + " was: incoming"),
                new Case(
                        good + "channel: 'a b'}",
                        "subscribers[0].postgres.channel must be a name of a-z, 0-9 and _, at most 63 long, or empty for"
                                + " none, but was: a b"),
                new Case(
                        good + "timeout: 100ms}",
                        "subscribers[0].postgres.timeout must be a duration from 1s to 5m, but was: 100ms"));
    }

    @TestFactory
    Stream<DynamicTest> kafkaSinksAreChecked() {
        String good = "    kafka: {bootstrap: 'a:9092', ";
        String property = "subscribers[0].kafka.properties.";
        String shape = "subscribers[0].kafka.bootstrap must look like"
                + " kafka-1.example.com:9092,kafka-2.example.com:9092; what is there is not shown, it may hold a secret";
        return replaced(
                "    http: {url: \"http://localhost:8081\"}",
                new Case("    kafka: {topic: a}", "subscribers[0].kafka.bootstrap is required, but is not set"),
                new Case("    kafka: {bootstrap: 'kafka://hunter2'}", shape),
                new Case("    kafka: {bootstrap: 'a:9092,hunter2'}", shape),
                new Case(
                        good + "topic: 'events.{type}'}",
                        "subscribers[0].kafka.topic must be a name, in which braces hold one of aggregatetype, source,"
                                + " tenantid, such as events.{aggregatetype}, but was: events.{type}"),
                new Case(
                        good + "topic: 'events/{source}'}",
                        "subscribers[0].kafka.topic must be at most 249 of a-z, A-Z, 0-9, dot, _ and -, but was:"
                                + " events/{source}"),
                new Case(
                        good + "create: {partitions: 3}}",
                        "subscribers[0].kafka.create.replication is required, but is not set"),
                new Case(
                        good + "create: {partitions: -1, replication: 1}}",
                        "subscribers[0].kafka.create.partitions must be a whole number from 1 to 10000, but was: -1"),
                new Case(
                        good + "properties: {acks: '1'}}",
                        property + "acks cannot be set, for the relay sets it itself; what waits follows from timeout"),
                new Case(
                        good + "properties: {compresion.type: lz4}}",
                        property + "compresion.type is not a property of Kafka's producer; did you mean"
                                + " compression.type?"),
                new Case(
                        good + "properties: {group.id: a}}",
                        property + "group.id is not a property of Kafka's producer; see"
                                + " https://kafka.apache.org/documentation/#producerconfigs"),
                new Case(
                        good + "properties: {compression.type: zip}}",
                        property
                                + "compression.type is no value that the client takes: it must be of the type STRING and"
                                + " one of [none, gzip, snappy, lz4, zstd]"),
                new Case(
                        good + "properties: {batch.size: hunter2}}",
                        property + "batch.size is no value that the client takes: it must be of the type INT and one of"
                                + " [0,...]"),
                new Case(
                        good + "properties: {ssl.keystore.location: ''}}",
                        property + "ssl.keystore.location is required, but is not set"));
    }

    @TestFactory
    Stream<DynamicTest> theRestIsChecked() {
        String list = "subscribers:";
        return replaced(
                list,
                new Case(
                        "wire: {typeprefix: 'a b'}\n" + list,
                        "wire.typeprefix must be at most 128 letters, digits,"
                                + " dots, dashes and underscores, such as com.example., but was: a b"),
                new Case(
                        "wire: {schemabase: schemas/}\n" + list,
                        "wire.schemabase must be an absolute URI without a"
                                + " slash at its end, without query and user, such as https://schemas.example.com, but was:"
                                + " schemas/"),
                new Case(
                        "memory: {events: 1}\n" + list,
                        "memory.events must be a whole number from 100 to 10000000," + " but was: 1"),
                new Case("memory: {bytes: 10}\n" + list, "memory.bytes " + memoryRule() + ", but was: 10"),
                new Case("memory: {directory: ''}\n" + list, "memory.directory is required, but is not set"),
                new Case("memory: {bytes: 999GiB}\n" + list, "memory.bytes " + memoryRule() + ", but was: 1022976MiB"),
                new Case(
                        "ops: {port: 65536}\n" + list,
                        "ops.port must be a whole number from 0 to 65535, but was:" + " 65536"),
                new Case(
                        "ops: {host: 0.0.0.0, token: 0123456789abcdef}\n" + list,
                        "ops.host must be a loopback"
                                + " address such as 127.0.0.1 unless ops.allowremote is true, but was: 0.0.0.0"),
                new Case(
                        "ops: {host: 0.0.0.0, allowremote: true}\n" + list,
                        "ops.token is required where host is not" + " a loopback address, but is not set"),
                new Case(
                        "ops: {token: hunter2}\n" + list,
                        "ops.token must be 16 to 1024 letters, digits and" + " ._~+/=-"),
                new Case("ops: {allowremote: yes}\n" + list, "ops.allowremote must be true or false, but was: yes"),
                new Case(
                        "shutdown: {deadline: forever}\n" + list,
                        "shutdown.deadline must be a duration from 0ms to" + " 10m, but was: forever"),
                new Case(
                        "leadership: {lease: 1s}\n" + list,
                        "leadership.lease must be a duration from 2s to 5m, but was: 1s"),
                new Case(
                        "upkeep: {retention: 5m}\n" + list,
                        "upkeep.retention must be a duration from 1h to 3650d," + " but was: 5m"),
                new Case(
                        "upkeep: {ahead: 1y}\n" + list,
                        "upkeep.ahead must be a duration from 1h to 365d, but was:" + " 1y"),
                new Case(
                        "upkeep: {every: 0s}\n" + list,
                        "upkeep.every must be a duration from 1s to 1d, but was:" + " 0ms"),
                new Case(
                        "backlog: {url: jdbc:postgresql://db/kept, password: secret}\n" + list,
                        "backlog.user is required, but is not set"),
                new Case(
                        "backlog: {url: jdbc:postgresql://db/kept, user: relay}\n" + list,
                        "backlog.password is required, but is not set"),
                new Case(
                        "backlog: {user: relay, password: secret}\n" + list, "backlog.url is required, but is not set"),
                new Case("slot: orders\n" + list, "slot is not a setting; did you mean source.slot?"),
                new Case(
                        "pulsar: {}\n" + list,
                        "pulsar is not a setting; there are backlog, leadership, memory, ops, shutdown, source,"
                                + " states, subscribers, upkeep, wire"),
                new Case("? [a]\n: b\n" + list, "line 5 has a name that is a list"));
    }

    @TestFactory
    Stream<DynamicTest> whatIsNotYamlIsRefusedWithItsLine() {
        String user = "  user: relay";
        return replaced(
                user,
                new Case("  user: a: hunter2", "line 3 is not YAML: mapping values are not allowed here"),
                new Case(
                        "  user: *hunter2",
                        "line 3 is not YAML: an alias without its anchor, or a second document;"
                                + " quote a value that begins with *"),
                new Case(
                        "  user: !hunter2!x y",
                        "line 3 is not YAML: a tag that is not known; quote a value that" + " begins with !"),
                new Case("  user: !hunter2", "source.user begins with ! and must be quoted"));
    }

    private static String memoryRule() {
        return MemoryConfig.rule(MemoryConfig.mostBytes(Runtime.getRuntime().maxMemory()));
    }

    private static Stream<DynamicTest> replaced(String line, Case... cases) {
        return Stream.of(cases)
                .map(c -> DynamicTest.dynamicTest(c.setting().strip(), () -> {
                    String yaml = GOOD.replace(line + "\n", c.setting() + "\n");
                    assertThat(yaml).isNotEqualTo(GOOD);
                    ConfigException refusal = catchThrowableOfType(ConfigException.class, () -> read(yaml));
                    assertThat(refusal).hasMessage("1 problem in relay.yaml:\n  - " + c.problem());
                }));
    }

    private static void read(String yaml) {
        RelayFile.read("relay.yaml", yaml, new Interpolation(Map.of(), Path.of("/nowhere")));
    }
}
