package dev.tidemark.torture;

import dev.tidemark.testkit.Database;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * How the relays of a run are configured.
 *
 * @param program main class and command; {@link Relays#honest} unless it shall fail
 * @param jvm options of the JVM
 * @param memoryEvents how many they hold at once
 * @param further lines at the end of the file, each with its line end
 * @param standbys where standbys of the source are, such as {@code 127.0.0.1:5433}
 * @param environment of the process, beside what it inherits
 * @param lease of who leads; whole seconds
 * @param mode of HTTP: {@code binary} or {@code batch}
 */
record RelaySettings(
        List<String> program,
        List<String> jvm,
        int lanes,
        int batch,
        int memoryEvents,
        String further,
        List<String> standbys,
        Map<String, String> environment,
        Duration lease,
        String mode) {

    private static final int[] LANES = {1, 2, 4, 8};
    private static final int[] BATCH = {1, 10, 100};
    private static final int[] MEMORY_EVENTS = {200, 1000, 5000};

    /** With what the relays of all runs of this process read. */
    static final String FEED = System.getProperty("tidemark.feed", "debezium");

    /** They live for seconds: starting quickly is worth more than running fast. */
    static final List<String> SHORT_LIVED =
            List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto");

    /** Short, so that a freeze need not be long; not so short that a relay loses its lead to a busy machine. */
    static final Duration LEASE = Duration.ofSeconds(6);

    RelaySettings {
        program = List.copyOf(program);
        jvm = List.copyOf(jvm);
        standbys = List.copyOf(standbys);
        environment = Map.copyOf(environment);
    }

    RelaySettings(List<String> program, List<String> jvm, int lanes, int batch, int memoryEvents, String further) {
        this(program, jvm, lanes, batch, memoryEvents, further, List.of(), Map.of(), LEASE, "binary");
    }

    RelaySettings withStandby(String address) {
        return new RelaySettings(
                program, jvm, lanes, batch, memoryEvents, further, List.of(address), environment, lease, mode);
    }

    RelaySettings withEnvironment(Map<String, String> variables) {
        return new RelaySettings(program, jvm, lanes, batch, memoryEvents, further, standbys, variables, lease, mode);
    }

    RelaySettings withLease(Duration longer) {
        return new RelaySettings(
                program, jvm, lanes, batch, memoryEvents, further, standbys, environment, longer, mode);
    }

    RelaySettings withMode(String other) {
        return new RelaySettings(
                program, jvm, lanes, batch, memoryEvents, further, standbys, environment, lease, other);
    }

    /** What no test is about is drawn, so that no test relies on it. */
    static RelaySettings draw(List<String> program, Random random) {
        return new RelaySettings(
                program, SHORT_LIVED, draw(LANES, random), draw(BATCH, random), draw(MEMORY_EVENTS, random), "");
    }

    private static int draw(int[] values, Random random) {
        return values[random.nextInt(values.length)];
    }

    /**
     * The timeout of the receivers is longer than this machine ever stands still: what is sent again after it may come
     * before the first request has been handled, which is no fault of a relay and which no checker can tell from one.
     */
    String yaml(String relay, Database source, String slot, List<Receiver> receivers, int opsPort) {
        StringBuilder yaml = new StringBuilder("""
                source: { url: "%s", user: "%s", password: "%s", slot: %s, standbys: [%s], feed: %s }
                memory: { events: %d }
                ops: { host: 127.0.0.1, port: %d }
                shutdown: { deadline: 5s }
                leadership: { lease: %ds }
                subscribers:
                """.formatted(
                        source.url(),
                        source.user(),
                        source.password(),
                        slot,
                        standbyUrls(source),
                        FEED,
                        memoryEvents,
                        opsPort,
                        lease.toSeconds()));
        receivers.forEach(receiver -> yaml.append(subscriber(relay, receiver)));
        return yaml.append(further).toString();
    }

    /** The lines of one, which more may follow. */
    String subscriber(String relay, Receiver receiver) {
        return """
                  - name: %s
                    lanes: %d
                    batch: %d
                    retry: { first: 20ms, max: 500ms }
                    park: { after: 1s }
                    http: { url: "%s", mode: %s, timeout: 10s, headers: { %s: %s } }
                """.formatted(receiver.name(), lanes, batch, receiver.uri(), mode, Receiver.RELAY_HEADER, relay);
    }

    private String standbyUrls(Database source) {
        return standbys.stream()
                .map(address -> "\"jdbc:postgresql://" + address + "/" + source.name() + "\"")
                .collect(Collectors.joining(", "));
    }
}
