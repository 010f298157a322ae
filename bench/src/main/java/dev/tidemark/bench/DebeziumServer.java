package dev.tidemark.bench;

import dev.tidemark.testkit.Database;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * System D: the distribution of Debezium Server, with the stock router for outboxes. Payloads go through it as they are,
 * attributes as headers.
 */
final class DebeziumServer {

    private static final int LEAST_JAVA = 21;

    /** With less, its sinks have no room for batches of this size. */
    private static final String HEAP = "-Xmx1g";

    private static final String ARCHIVE = "https://repo1.maven.org/maven2/io/debezium/debezium-server-dist/3.6.0.Final/"
            + "debezium-server-dist-3.6.0.Final.tar.gz";

    private static final Map<String, String> DRAINING = Map.of(
            "offset.flush.interval.ms", "1000",
            "max.batch.size", "2048",
            "max.queue.size", "8192",
            "poll.interval.ms", "5");

    private static final String TYPE = "type:header:type";

    /** What the relay sends as attributes; the id is one in any case. */
    private static final String ATTRIBUTES = TYPE
            + ",source:header:source,aggregateid:header:subject,occurredat:header:time"
            + ",datacontenttype:header:datacontenttype,schemaversion:header:schemaversion"
            + ",aggregatetype:header:aggregatetype,aggregateversion:header:aggregateversion"
            + ",tenantid:header:tenantid,traceparent:header:traceparent";

    private final Path distribution;
    private final Path jdk;

    private DebeziumServer(Path distribution, Path jdk) {
        this.distribution = distribution;
        this.jdk = jdk;
    }

    /**
     * Where it was unpacked, below {@code bench/target}.
     *
     * @param home the checkout
     * @throws IllegalStateException if it was not, or there is no JDK for it; the message says what to do
     */
    static DebeziumServer find(Path home) throws IOException {
        Path distribution = home.resolve("bench").resolve("target").resolve("debezium-server");
        if (!Files.isDirectory(distribution.resolve("lib"))) {
            throw new IllegalStateException("Debezium Server is not in " + distribution + "; get it (780 MB): curl "
                    + ARCHIVE + " | tar xz -C bench/target");
        }
        Path jdk = findJdk()
                .orElseThrow(() -> new IllegalStateException("Debezium Server needs a JDK of version " + LEAST_JAVA
                        + " or newer, in JAVA_HOME, as the one that runs this, or in /usr/lib/jvm"));
        return new DebeziumServer(distribution, jdk);
    }

    /** The oldest that is new enough. */
    private static Optional<Path> findJdk() throws IOException {
        List<Path> homes = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"))));
        Optional.ofNullable(System.getenv("JAVA_HOME")).map(Path::of).ifPresent(homes::add);
        Path packages = Path.of("/usr/lib/jvm");
        if (Files.isDirectory(packages)) {
            try (Stream<Path> installed = Files.list(packages)) {
                homes.addAll(installed.toList());
            }
        }
        Map<Integer, Path> versions = new TreeMap<>();
        for (Path home : homes) {
            int version = version(home);
            if (version >= LEAST_JAVA && Files.isExecutable(program(home))) {
                versions.putIfAbsent(version, home);
            }
        }
        return versions.values().stream().findFirst();
    }

    private static Path program(Path jdk) {
        return jdk.resolve("bin").resolve("java");
    }

    /** Such as 21; 0 if it does not say so. */
    private static int version(Path home) throws IOException {
        Path release = home.resolve("release");
        if (!Files.isRegularFile(release)) {
            return 0;
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(release)) {
            properties.load(reader);
        }
        String version = properties.getProperty("JAVA_VERSION", "0").replace("\"", "");
        return Integer.parseInt(version.replaceAll("\\D.*", ""));
    }

    /** Such as {@code 3.6.0.Final on Java 25}. */
    String version() throws IOException {
        try (Stream<Path> jars = Files.list(distribution.resolve("lib"))) {
            String core = jars.map(jar -> jar.getFileName().toString())
                    .filter(name -> name.startsWith("debezium-server-core-"))
                    .max(Comparator.naturalOrder())
                    .orElse("debezium-server-core-?.jar");
            return core.replace("debezium-server-core-", "").replace(".jar", "") + " on Java " + version(jdk);
        }
    }

    /**
     * Drains a slot, until it is ended.
     *
     * @param folder its own, for its settings, its offsets and its log
     */
    MeasuredProcess start(
            Database database, String slot, Countable.Told told, ServerManner manner, List<String> jvm, Path folder)
            throws IOException {
        Path settings = Files.createDirectories(folder.resolve("config")).resolve("application.properties");
        StringBuilder text = new StringBuilder();
        settings(database, slot, told, manner, folder)
                .forEach((name, value) ->
                        text.append(name).append('=').append(value).append('\n'));
        Files.writeString(settings, text);
        List<String> command = new ArrayList<>(List.of(program(jdk).toString()));
        command.addAll(jvm);
        command.addAll(List.of(HEAP, "-cp", classPath(), "io.debezium.server.Main"));
        return MeasuredProcess.start(new ProcessBuilder(command).directory(folder.toFile()), folder)
                .endedBySignal();
    }

    private String classPath() throws IOException {
        try (Stream<Path> files = Files.list(distribution)) {
            Path runner = files.filter(file -> file.getFileName().toString().endsWith("-runner.jar"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no runner is in " + distribution));
            return runner.toAbsolutePath() + ":" + distribution.toAbsolutePath().resolve("lib") + "/*";
        }
    }

    private static Map<String, String> settings(
            Database database, String slot, Countable.Told told, ServerManner manner, Path folder) {
        URI url = URI.create(database.url().substring("jdbc:".length()));
        Map<String, String> settings = new TreeMap<>();
        settings.put("quarkus.http.port", "0");
        settings.put("quarkus.log.console.json", "false");
        settings.put("debezium.format.key", "simplestring");
        settings.put("debezium.format.value", "simplestring");
        settings.put("debezium.transforms", "outbox");
        settings.put("debezium.transforms.outbox.type", "io.debezium.transforms.outbox.EventRouter");
        settings.put("debezium.transforms.outbox.table.field.event.key", "aggregateid");
        settings.put("debezium.transforms.outbox.route.by.field", "aggregatetype");
        settings.put("debezium.transforms.outbox.route.topic.replacement", told.topic());
        settings.put(
                "debezium.transforms.outbox.table.fields.additional.placement",
                manner.sendsAttributes() ? ATTRIBUTES : TYPE);
        Map<String, String> source = Map.ofEntries(
                Map.entry("connector.class", "io.debezium.connector.postgresql.PostgresConnector"),
                Map.entry("offset.storage", "org.apache.kafka.connect.storage.FileOffsetBackingStore"),
                Map.entry(
                        "offset.storage.file.filename",
                        folder.resolve("offsets").toAbsolutePath().toString()),
                Map.entry("database.hostname", url.getHost()),
                Map.entry("database.port", Integer.toString(url.getPort())),
                Map.entry("database.user", database.user()),
                Map.entry("database.password", database.password()),
                Map.entry("database.dbname", database.name()),
                Map.entry("topic.prefix", slot),
                Map.entry("plugin.name", "pgoutput"),
                Map.entry("slot.name", slot),
                Map.entry("publication.name", "tidemark_outbox"),
                Map.entry("publication.autocreate.mode", "disabled"),
                Map.entry("table.include.list", "public.outbox"),
                Map.entry("message.prefix.exclude.list", ".*"), // heartbeats of the other systems
                Map.entry("snapshot.mode", "no_data"),
                Map.entry("tombstones.on.delete", "false"));
        source.forEach((name, value) -> settings.put("debezium.source." + name, value));
        told.properties().forEach((name, value) -> settings.put("debezium.sink." + name, value));
        if (manner.sendsAttributes()) {
            told.attributes().forEach((name, value) -> settings.put("debezium.sink." + name, value));
        }
        if (manner.drainsWell()) {
            DRAINING.forEach((name, value) -> settings.put("debezium.source." + name, value));
            told.draining().forEach((name, value) -> settings.put("debezium.sink." + name, value));
        }
        return settings;
    }
}
