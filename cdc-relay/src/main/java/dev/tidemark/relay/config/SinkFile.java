package dev.tidemark.relay.config;

import dev.tidemark.relay.sink.Addresses;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Which settings the sink of a subscriber has in a relay's file. A subscriber has one sink. */
final class SinkFile {

    private static final Map<String, Function<Section, Optional<? extends SinkConfig>>> KINDS = kinds();

    private SinkFile() {}

    private static Map<String, Function<Section, Optional<? extends SinkConfig>>> kinds() {
        Map<String, Function<Section, Optional<? extends SinkConfig>>> kinds = new LinkedHashMap<>();
        kinds.put("http", SinkFile::http);
        kinds.put("kafka", SinkFile::kafka);
        kinds.put("rabbitmq", SinkFile::rabbitmq);
        kinds.put("redis", SinkFile::redis);
        kinds.put("nats", SinkFile::nats);
        kinds.put("postgres", SinkFile::postgres);
        kinds.put("sqs", SinkFile::sqs);
        kinds.put("sns", SinkFile::sns);
        return kinds;
    }

    /** Empty if it has problems, which are noted. */
    static Optional<SinkConfig> read(Section subscriber, Problems problems) {
        List<String> given = KINDS.keySet().stream().filter(subscriber::has).toList();
        if (given.isEmpty()) {
            problems.add(
                    subscriber.at("http"), "is required, but is not set; or one of " + others("http") + " instead");
            return Optional.empty();
        }
        for (String second : given.subList(1, given.size())) {
            problems.add(
                    subscriber.at(second),
                    "is a second sink beside " + given.get(0) + "; a subscriber has one, so make this another one");
        }
        Optional<SinkConfig> first = Optional.empty();
        for (Map.Entry<String, Function<Section, Optional<? extends SinkConfig>>> kind : KINDS.entrySet()) {
            if (given.contains(kind.getKey())) {
                Optional<? extends SinkConfig> sink = kind.getValue().apply(subscriber.group(kind.getKey()));
                first = first.or(() -> sink);
            }
        }
        return first;
    }

    private static String others(String kind) {
        return String.join(
                ", ", KINDS.keySet().stream().filter(name -> !name.equals(kind)).toList());
    }

    private static Optional<HttpSinkConfig> http(Section section) {
        List<Secret> secrets = section.secretList("secrets");
        HttpSinkConfig.Mode mode = section.oneOf("mode", modes(), HttpSinkConfig.defaultMode(secrets));
        HttpSinkConfig.Builder http = HttpSinkConfig.builder(section.text("url", ""))
                .mode(mode)
                .timeout(section.duration("timeout", HttpSinkConfig.TIMEOUT, HttpSinkConfig.DEFAULT_TIMEOUT))
                .inFlight(section.number("inflight", HttpSinkConfig.IN_FLIGHT, HttpSinkConfig.DEFAULT_IN_FLIGHT));
        section.secrets("headers").forEach(http::header);
        if (mode == HttpSinkConfig.Mode.BATCH) {
            section.refuse("inflight", "must be left out in batch mode, where a lane has one request under way");
        } else {
            section.refuse(
                    "maxbytes", "must be left out unless mode is batch, for each event has a request of its own");
        }
        http.maxBytes(section.bytes("maxbytes", HttpSinkConfig.BYTES_RULE, HttpSinkConfig.DEFAULT_BYTES));
        secrets.forEach(http::secret);
        http.addresses(
                section.oneOf("addresses", reaches(), Addresses.DEFAULT.reach()), section.texts("allow", List.of()));
        return section.make(http::build);
    }

    private static Map<String, Addresses.Reach> reaches() {
        Map<String, Addresses.Reach> reaches = new LinkedHashMap<>();
        reaches.put("network", Addresses.Reach.NETWORK);
        reaches.put("public", Addresses.Reach.PUBLIC);
        reaches.put("any", Addresses.Reach.ANY);
        return reaches;
    }

    private static Map<String, HttpSinkConfig.Mode> modes() {
        Map<String, HttpSinkConfig.Mode> modes = new LinkedHashMap<>();
        modes.put("binary", HttpSinkConfig.Mode.BINARY);
        modes.put("structured", HttpSinkConfig.Mode.STRUCTURED);
        modes.put("batch", HttpSinkConfig.Mode.BATCH);
        return modes;
    }

    private static Optional<KafkaSinkConfig> kafka(Section section) {
        String bootstrap = section.text("bootstrap", "");
        String topic = section.text("topic", KafkaSinkConfig.DEFAULT_TOPIC);
        KafkaSinkConfig.Mode mode = section.oneOf("mode", kafkaModes(), KafkaSinkConfig.Mode.BINARY);
        KafkaSinkConfig.@Nullable Create create = section.has("create") ? create(section.group("create")) : null;
        Duration timeout = section.duration("timeout", HttpSinkConfig.TIMEOUT, HttpSinkConfig.DEFAULT_TIMEOUT);
        Map<String, Secret> properties = section.secrets("properties");
        return section.make(() -> new KafkaSinkConfig(bootstrap, topic, mode, create, timeout, properties));
    }

    private static KafkaSinkConfig.Create create(Section section) {
        int partitions = section.number("partitions", KafkaSinkConfig.PARTITIONS, 0);
        int replication = section.number("replication", KafkaSinkConfig.REPLICATION, 0);
        return new KafkaSinkConfig.Create(partitions, replication);
    }

    private static Map<String, KafkaSinkConfig.Mode> kafkaModes() {
        Map<String, KafkaSinkConfig.Mode> modes = new LinkedHashMap<>();
        modes.put("binary", KafkaSinkConfig.Mode.BINARY);
        modes.put("structured", KafkaSinkConfig.Mode.STRUCTURED);
        return modes;
    }

    private static Optional<RabbitSinkConfig> rabbitmq(Section section) {
        String url = section.text("url", "");
        String user = section.text("user", "");
        Secret password = section.secret("password");
        String exchange = section.text("exchange", "");
        String routingKey = section.text("routingkey", RabbitSinkConfig.DEFAULT_ROUTING_KEY);
        RabbitSinkConfig.@Nullable Create create =
                section.has("create") ? rabbitCreate(section.group("create")).orElse(null) : null;
        Duration timeout = section.duration("timeout", HttpSinkConfig.TIMEOUT, HttpSinkConfig.DEFAULT_TIMEOUT);
        Map<String, Secret> properties = section.secrets("properties");
        return section.make(() -> new RabbitSinkConfig(
                HttpRules.parse(url), user, password, exchange, routingKey, create, timeout, properties));
    }

    private static Optional<RabbitSinkConfig.Create> rabbitCreate(Section section) {
        String queue = section.text("queue", "");
        String binding = section.text("binding", RabbitSinkConfig.DEFAULT_BINDING);
        return section.make(() -> new RabbitSinkConfig.Create(queue, binding));
    }

    private static Optional<RedisSinkConfig> redis(Section section) {
        String url = section.text("url", "");
        String user = section.text("user", "");
        Secret password = section.secret("password");
        String stream = section.text("stream", RedisSinkConfig.DEFAULT_STREAM);
        int maxLength = section.number("maxlen", RedisSinkConfig.MAX_LENGTH, 0);
        Duration timeout = section.duration("timeout", HttpSinkConfig.TIMEOUT, HttpSinkConfig.DEFAULT_TIMEOUT);
        Map<String, Secret> properties = section.secrets("properties");
        return section.make(() ->
                new RedisSinkConfig(HttpRules.parse(url), user, password, stream, maxLength, timeout, properties));
    }

    private static Optional<NatsSinkConfig> nats(Section section) {
        String url = section.text("url", "");
        String user = section.text("user", "");
        Secret password = section.secret("password");
        String subject = section.text("subject", NatsSinkConfig.DEFAULT_SUBJECT);
        String stream = section.text("stream", "");
        NatsSinkConfig.Mode mode = section.oneOf("mode", natsModes(), NatsSinkConfig.Mode.STRUCTURED);
        Duration timeout = section.duration("timeout", HttpSinkConfig.TIMEOUT, HttpSinkConfig.DEFAULT_TIMEOUT);
        Map<String, Secret> properties = section.secrets("properties");
        return section.make(() ->
                new NatsSinkConfig(HttpRules.parse(url), user, password, subject, stream, mode, timeout, properties));
    }

    private static Optional<PostgresSinkConfig> postgres(Section section) {
        String url = section.text("url", "");
        String user = section.text("user", "");
        Secret password = section.secret("password");
        String table = section.text("table", PostgresSinkConfig.DEFAULT_TABLE);
        String channel = section.text("channel", PostgresSinkConfig.DEFAULT_CHANNEL);
        Duration timeout = section.duration("timeout", PostgresSinkConfig.TIMEOUT, HttpSinkConfig.DEFAULT_TIMEOUT);
        return section.make(() -> new PostgresSinkConfig(url, user, password, table, channel, timeout));
    }

    private static Optional<SqsSinkConfig> sqs(Section section) {
        String queue = section.text("queue", "");
        String region = section.text("region", "");
        String accessKey = section.text("accesskey", "");
        Secret secretKey = section.secret("secretkey");
        Duration timeout = section.duration("timeout", HttpSinkConfig.TIMEOUT, HttpSinkConfig.DEFAULT_TIMEOUT);
        return section.make(() -> new SqsSinkConfig(queue, region, accessKey, secretKey, timeout));
    }

    private static Optional<SnsSinkConfig> sns(Section section) {
        String topic = section.text("topic", "");
        URI endpoint = section.has("endpoint") ? HttpRules.parse(section.text("endpoint", "")) : null;
        String accessKey = section.text("accesskey", "");
        Secret secretKey = section.secret("secretkey");
        Duration timeout = section.duration("timeout", HttpSinkConfig.TIMEOUT, HttpSinkConfig.DEFAULT_TIMEOUT);
        return section.make(() -> new SnsSinkConfig(topic, endpoint, accessKey, secretKey, timeout));
    }

    private static Map<String, NatsSinkConfig.Mode> natsModes() {
        Map<String, NatsSinkConfig.Mode> modes = new LinkedHashMap<>();
        modes.put("structured", NatsSinkConfig.Mode.STRUCTURED);
        modes.put("binary", NatsSinkConfig.Mode.BINARY);
        return modes;
    }
}
