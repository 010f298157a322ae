package dev.tidemark.relay.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which settings a relay's file has, and what becomes of them. Names are lower case, as on the wire. */
final class RelayFile {

    private RelayFile() {}

    /** @throws ConfigException with every problem of {@code yaml} */
    static RelayConfig read(String name, String yaml, Interpolation interpolation) {
        Reading reading = new Reading(interpolation);
        Section root = new Section("", YamlText.parse(name, yaml), reading);
        Optional<SourceConfig> source = source(root.group("source"));
        Optional<WireConfig> wire = wire(root.group("wire"));
        List<SubscriberConfig> subscribers = subscribers(root, reading.problems());
        Optional<BacklogConfig> backlog = backlog(root.group("backlog"));
        Optional<MemoryConfig> memory = memory(root.group("memory"));
        Optional<OpsConfig> ops = ops(root.group("ops"));
        Optional<ShutdownConfig> shutdown = shutdown(root.group("shutdown"));
        Optional<UpkeepConfig> upkeep = upkeep(root.group("upkeep"));
        Optional<LeadershipConfig> leadership = leadership(root.group("leadership"));
        List<StateConfig> states = states(root);
        reading.refuseUnknown();
        reading.problems().throwIfAny(name);
        return new RelayConfig(
                source.orElseThrow(),
                wire.orElseThrow(),
                subscribers,
                backlog.orElseThrow(),
                memory.orElseThrow(),
                ops.orElseThrow(),
                shutdown.orElseThrow(),
                upkeep.orElseThrow(),
                leadership.orElseThrow(),
                states);
    }

    private static List<StateConfig> states(Section root) {
        List<StateConfig> states = new ArrayList<>();
        for (Section section : root.groups("states")) {
            String aggregateType = section.text("aggregatetype", "");
            String source = section.text("source", "");
            String type = section.text("type", aggregateType + "-state");
            int schemaVersion = section.number("schemaversion", StateConfig.SCHEMA_VERSION, 1);
            String query = section.text("query", "");
            section.make(() -> new StateConfig(aggregateType, source, type, schemaVersion, query))
                    .ifPresent(states::add);
        }
        return states;
    }

    private static Optional<SourceConfig> source(Section section) {
        String url = section.text("url", "");
        String user = section.text("user", "");
        Secret password = section.secret("password");
        String slot = section.text("slot", SourceConfig.DEFAULT_NAME);
        String publication = section.text("publication", SourceConfig.DEFAULT_NAME);
        String table = section.text("table", SourceConfig.DEFAULT_TABLE);
        List<String> standbys = section.texts("standbys", List.of());
        Feed feed = section.oneOf("feed", feeds(), Feed.DEBEZIUM);
        return section.make(() -> new SourceConfig(url, user, password, slot, publication, table, standbys, feed));
    }

    private static Map<String, Feed> feeds() {
        Map<String, Feed> feeds = new LinkedHashMap<>();
        feeds.put("debezium", Feed.DEBEZIUM);
        feeds.put("pgoutput", Feed.PGOUTPUT);
        return feeds;
    }

    private static Optional<WireConfig> wire(Section section) {
        String typePrefix = section.text("typeprefix", "");
        String schemaBase = section.text("schemabase", WireConfig.DEFAULT_SCHEMA_BASE);
        return section.make(() -> new WireConfig(typePrefix, schemaBase));
    }

    private static List<SubscriberConfig> subscribers(Section root, Problems problems) {
        List<SubscriberConfig> subscribers = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (Section section : root.groups("subscribers")) {
            names.add(section.text("name", ""));
            subscriber(section, problems).ifPresent(subscribers::add);
        }
        if (!problems.concerns("subscribers")) {
            RelayConfig.checkNames(names, problems);
        }
        return subscribers;
    }

    private static Optional<SubscriberConfig> subscriber(Section section, Problems problems) {
        String name = section.text("name", "");
        List<String> aggregateTypes = section.texts("aggregatetypes", SubscriberConfig.ALL);
        List<String> types = section.texts("types", SubscriberConfig.ALL);
        List<String> tenants = section.texts("tenants", SubscriberConfig.ALL);
        boolean markers = section.flag("markers");
        int lanes = section.number("lanes", SubscriberConfig.LANES, SubscriberConfig.DEFAULT_LANES);
        int batch = section.number("batch", SubscriberConfig.BATCH, SubscriberConfig.DEFAULT_BATCH);
        Optional<RetryConfig> retry = retry(section.group("retry"));
        Duration parkAfter = section.group("park")
                .duration("after", SubscriberConfig.PARK_AFTER, SubscriberConfig.DEFAULT_PARK_AFTER);
        OnReject onReject = section.oneOf("onreject", policies(), OnReject.BLOCK);
        Start start = section.oneOf("start", starts(), Start.NOW);
        Optional<SinkConfig> read = SinkFile.read(section, problems);
        // the fallback of a part with problems lets the other settings be checked too
        RetryConfig waits = retry.orElse(RetryConfig.DEFAULT);
        SinkConfig sink = read.orElse(HttpSinkConfig.PLACEHOLDER);
        return section.make(() -> new SubscriberConfig(
                name, aggregateTypes, types, tenants, markers, lanes, batch, waits, parkAfter, onReject, start, sink));
    }

    private static Map<String, Start> starts() {
        Map<String, Start> starts = new LinkedHashMap<>();
        starts.put("now", Start.NOW);
        starts.put("retained", Start.RETAINED);
        return starts;
    }

    private static Map<String, OnReject> policies() {
        Map<String, OnReject> policies = new LinkedHashMap<>();
        policies.put("block", OnReject.BLOCK);
        policies.put("skip", OnReject.SKIP);
        return policies;
    }

    private static Optional<BacklogConfig> backlog(Section section) {
        BacklogConfig fallback = BacklogConfig.DEFAULT;
        int events = section.number("events", BacklogConfig.EVENTS, fallback.events());
        long bytes = section.bytes("bytes", BacklogConfig.BYTES_RULE, fallback.bytes());
        boolean elsewhere = section.has("url") || section.has("user") || section.has("password");
        String url = section.text("url", "");
        String user = section.text("user", "");
        Secret password = section.secret("password");
        Optional<BacklogConfig.Elsewhere> place =
                elsewhere ? section.make(() -> new BacklogConfig.Elsewhere(url, user, password)) : Optional.empty();
        return section.make(() -> new BacklogConfig(events, bytes, place));
    }

    private static Optional<RetryConfig> retry(Section section) {
        Duration first = section.duration("first", RetryConfig.ALLOWED, RetryConfig.DEFAULT.first());
        Duration max = section.duration("max", RetryConfig.ALLOWED, RetryConfig.DEFAULT.max());
        return section.make(() -> new RetryConfig(first, max));
    }

    private static Optional<MemoryConfig> memory(Section section) {
        long heap = MemoryConfig.heapBytes();
        int events = section.number("events", MemoryConfig.EVENTS, MemoryConfig.defaultEvents(heap));
        String rule = MemoryConfig.rule(MemoryConfig.mostBytes(heap));
        long bytes = section.bytes("bytes", rule, MemoryConfig.defaultBytes(heap));
        String directory = section.text("directory", MemoryConfig.defaultDirectory());
        return section.make(() -> new MemoryConfig(events, bytes, directory));
    }

    private static Optional<OpsConfig> ops(Section section) {
        OpsConfig.Builder ops = OpsConfig.builder()
                .host(section.text("host", OpsConfig.DEFAULT_HOST))
                .port(section.number("port", OpsConfig.PORT, OpsConfig.DEFAULT_PORT))
                .allowRemote(section.flag("allowremote"))
                .token(section.secret("token"));
        return section.make(ops::build);
    }

    private static Optional<ShutdownConfig> shutdown(Section section) {
        Duration deadline = section.duration("deadline", ShutdownConfig.DEADLINE, ShutdownConfig.DEFAULT.deadline());
        return section.make(() -> new ShutdownConfig(deadline));
    }

    private static Optional<UpkeepConfig> upkeep(Section section) {
        UpkeepConfig fallback = UpkeepConfig.DEFAULT;
        Duration retention = section.duration("retention", UpkeepConfig.RETENTION, fallback.retention());
        Duration ahead = section.duration("ahead", UpkeepConfig.AHEAD, fallback.ahead());
        Duration every = section.duration("every", UpkeepConfig.EVERY, fallback.every());
        return section.make(() -> new UpkeepConfig(retention, ahead, every));
    }

    private static Optional<LeadershipConfig> leadership(Section section) {
        Duration lease = section.duration("lease", LeadershipConfig.LEASE, LeadershipConfig.DEFAULT.lease());
        return section.make(() -> new LeadershipConfig(lease));
    }
}
