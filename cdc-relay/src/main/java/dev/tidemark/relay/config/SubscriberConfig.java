package dev.tidemark.relay.config;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who gets events: a name, a filter, a sink.
 *
 * @param name such as {@code shipping}; in metrics, logs and the backlog
 * @param aggregateTypes globs, of which one must match, such as {@code cust*}; {@code *} for all
 * @param types globs over event types
 * @param tenants globs over tenant ids; {@code *} matches the empty one too
 * @param markers whether an event that is left out because of its type is replaced by one without data, of the type
 *     {@code tidemark.skipped}, so that the versions of an aggregate have no holes
 * @param lanes how many deliveries may be under way at once; events of one aggregate share a lane
 * @param batch the most envelopes in one delivery
 * @param retry the waits between attempts
 * @param parkAfter how long an event is tried before it goes to the backlog, and its aggregate with it
 * @param onReject what becomes of the events behind a rejected one
 * @param start with what it begins when it is new; of no meaning for one that is registered already
 * @param sink where the events go
 */
public record SubscriberConfig(
        String name,
        List<String> aggregateTypes,
        List<String> types,
        List<String> tenants,
        boolean markers,
        int lanes,
        int batch,
        RetryConfig retry,
        Duration parkAfter,
        OnReject onReject,
        Start start,
        SinkConfig sink) {

    static final Bounds LANES = new Bounds(1, 64);
    static final int DEFAULT_LANES = 4;
    static final Bounds BATCH = new Bounds(1, 10_000);
    static final int DEFAULT_BATCH = 100;
    static final List<String> ALL = List.of("*");
    static final Span PARK_AFTER = new Span(Duration.ZERO, Duration.ofHours(1));
    static final Duration DEFAULT_PARK_AFTER = Duration.ofSeconds(10);

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,62}");
    private static final int MOST_GLOB = 255;

    public SubscriberConfig {
        aggregateTypes = List.copyOf(aggregateTypes);
        types = List.copyOf(types);
        tenants = List.copyOf(tenants);
        requireNonNull(retry, "retry");
        requireNonNull(onReject, "onReject");
        requireNonNull(start, "start");
        requireNonNull(sink, "sink");
        Problems problems = new Problems();
        checkName(name, problems);
        checkGlobs("aggregatetypes", aggregateTypes, problems);
        checkGlobs("types", types, problems);
        checkGlobs("tenants", tenants, problems);
        problems.within("lanes", lanes, LANES);
        problems.within("batch", batch, BATCH);
        if (markers && onReject == OnReject.SKIP) {
            problems.add(
                    "markers",
                    "cannot be true with onreject: skip, which makes holes that no marker fills; use onreject: block");
        }
        problems.within("park.after", parkAfter, PARK_AFTER);
        problems.throwIfAny("subscriber " + Shown.text(name));
    }

    public static Builder builder(String name) {
        return new Builder(name);
    }

    private static void checkName(String name, Problems problems) {
        problems.matches("name", name, NAME, "1 to 63 of a-z, 0-9 and -, beginning with a letter");
    }

    private static void checkGlobs(String key, List<String> globs, Problems problems) {
        if (globs.isEmpty()) {
            problems.add(key, "must have at least one glob, such as *, or be left out");
        }
        for (int i = 0; i < globs.size(); i++) {
            String glob = globs.get(i);
            if (glob.isEmpty() || glob.length() > MOST_GLOB) {
                problems.add(key + "[" + i + "]", "must be a glob of 1 to " + MOST_GLOB + " characters", glob);
            }
        }
    }

    /** Collects the parts; a sink is required. For one thread. */
    public static final class Builder {

        private final String name;
        private List<String> aggregateTypes = ALL;
        private List<String> types = ALL;
        private List<String> tenants = ALL;
        private boolean markers;
        private int lanes = DEFAULT_LANES;
        private int batch = DEFAULT_BATCH;
        private RetryConfig retry = RetryConfig.DEFAULT;
        private Duration parkAfter = DEFAULT_PARK_AFTER;
        private OnReject onReject = OnReject.BLOCK;
        private Start start = Start.NOW;
        private @Nullable SinkConfig sink;

        private Builder(String name) {
            this.name = name;
        }

        public Builder aggregateTypes(String... globs) {
            this.aggregateTypes = List.of(globs);
            return this;
        }

        public Builder types(String... globs) {
            this.types = List.of(globs);
            return this;
        }

        public Builder tenants(String... globs) {
            this.tenants = List.of(globs);
            return this;
        }

        public Builder markers(boolean markers) {
            this.markers = markers;
            return this;
        }

        public Builder lanes(int lanes) {
            this.lanes = lanes;
            return this;
        }

        public Builder batch(int batch) {
            this.batch = batch;
            return this;
        }

        public Builder retry(RetryConfig retry) {
            this.retry = retry;
            return this;
        }

        public Builder parkAfter(Duration parkAfter) {
            this.parkAfter = parkAfter;
            return this;
        }

        public Builder onReject(OnReject onReject) {
            this.onReject = onReject;
            return this;
        }

        public Builder start(Start start) {
            this.start = start;
            return this;
        }

        public Builder sink(SinkConfig sink) {
            this.sink = sink;
            return this;
        }

        /** @throws ConfigException with everything that is missing or wrong */
        public SubscriberConfig build() {
            if (sink == null) {
                Problems problems = new Problems();
                problems.add("sink", Problems.REQUIRED);
                throw problems.asException("subscriber " + Shown.text(name));
            }
            return new SubscriberConfig(
                    name,
                    aggregateTypes,
                    types,
                    tenants,
                    markers,
                    lanes,
                    batch,
                    retry,
                    parkAfter,
                    onReject,
                    start,
                    sink);
        }
    }
}
