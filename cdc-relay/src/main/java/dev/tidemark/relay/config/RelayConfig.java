package dev.tidemark.relay.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Everything a relay is told.
 *
 * @param source where events come from
 * @param wire how they are named when they travel
 * @param subscribers who gets them; at least one, each with a name of its own
 * @param backlog where it is, and how much may wait for each subscriber
 * @param memory how much the relay may hold
 * @param ops health and metrics
 * @param shutdown how it stops
 * @param upkeep how the outbox is kept small
 * @param leadership how one relay leads while others stand by
 * @param states how it reads what aggregates are now; at most one for each aggregate type
 */
public record RelayConfig(
        SourceConfig source,
        WireConfig wire,
        List<SubscriberConfig> subscribers,
        BacklogConfig backlog,
        MemoryConfig memory,
        OpsConfig ops,
        ShutdownConfig shutdown,
        UpkeepConfig upkeep,
        LeadershipConfig leadership,
        List<StateConfig> states) {

    public RelayConfig {
        subscribers = List.copyOf(subscribers);
        Problems problems = new Problems();
        checkNames(subscribers.stream().map(SubscriberConfig::name).toList(), problems);
        states = List.copyOf(states);
        checkTypes(states, problems);
        problems.throwIfAny("the configuration");
    }

    public static Builder builder() {
        return new Builder();
    }

    /** The database of the backlog: that of the outbox, with the same names of its parts, or another one. */
    public SourceConfig backlogDatabase() {
        return backlog.elsewhere()
                .map(place -> source.toBuilder()
                        .url(place.url())
                        .user(place.user())
                        .password(place.password())
                        .standbys(List.of())
                        .build())
                .orElse(source);
    }

    static void checkNames(List<String> names, Problems problems) {
        if (names.isEmpty()) {
            problems.add(new Problem("subscribers", "is required, with at least one subscriber, but is not set", null));
        }
        Map<String, Integer> first = new HashMap<>();
        for (int i = 0; i < names.size(); i++) {
            Integer earlier = first.putIfAbsent(names.get(i), i);
            if (earlier != null && !names.get(i).isEmpty()) {
                String rule = "must differ from subscribers[" + earlier + "].name";
                problems.add(new Problem("subscribers[" + i + "].name", rule, names.get(i)));
            }
        }
    }

    private static void checkTypes(List<StateConfig> states, Problems problems) {
        Map<String, Integer> first = new HashMap<>();
        for (int i = 0; i < states.size(); i++) {
            Integer earlier = first.putIfAbsent(states.get(i).aggregateType(), i);
            if (earlier != null) {
                String rule = "must differ from states[" + earlier + "].aggregatetype";
                problems.add(new Problem(
                        "states[" + i + "].aggregatetype", rule, states.get(i).aggregateType()));
            }
        }
    }

    /** The states of an aggregate type; empty if the configuration has no query for them. */
    public Optional<StateConfig> states(String aggregateType) {
        return states.stream()
                .filter(one -> one.aggregateType().equals(aggregateType))
                .findFirst();
    }

    /** Collects the parts; all but source and subscribers have defaults. For one thread. */
    public static final class Builder {

        private @Nullable SourceConfig source;
        private WireConfig wire = WireConfig.DEFAULT;
        private final List<SubscriberConfig> subscribers = new ArrayList<>();
        private BacklogConfig backlog = BacklogConfig.DEFAULT;
        private @Nullable MemoryConfig memory;
        private OpsConfig ops = OpsConfig.builder().build();
        private ShutdownConfig shutdown = ShutdownConfig.DEFAULT;
        private UpkeepConfig upkeep = UpkeepConfig.DEFAULT;
        private LeadershipConfig leadership = LeadershipConfig.DEFAULT;
        private final List<StateConfig> states = new ArrayList<>();

        private Builder() {}

        public Builder source(SourceConfig source) {
            this.source = source;
            return this;
        }

        public Builder wire(WireConfig wire) {
            this.wire = wire;
            return this;
        }

        public Builder subscriber(SubscriberConfig subscriber) {
            subscribers.add(subscriber);
            return this;
        }

        public Builder backlog(BacklogConfig backlog) {
            this.backlog = backlog;
            return this;
        }

        public Builder memory(MemoryConfig memory) {
            this.memory = memory;
            return this;
        }

        public Builder ops(OpsConfig ops) {
            this.ops = ops;
            return this;
        }

        public Builder shutdown(ShutdownConfig shutdown) {
            this.shutdown = shutdown;
            return this;
        }

        public Builder upkeep(UpkeepConfig upkeep) {
            this.upkeep = upkeep;
            return this;
        }

        public Builder leadership(LeadershipConfig leadership) {
            this.leadership = leadership;
            return this;
        }

        public Builder states(StateConfig states) {
            this.states.add(states);
            return this;
        }

        /**
         * The configuration.
         *
         * @throws ConfigException if there is no source or no subscriber, or if two have one name
         */
        public RelayConfig build() {
            if (source == null) {
                Problems problems = new Problems();
                problems.add("source", Problems.REQUIRED);
                checkNames(subscribers.stream().map(SubscriberConfig::name).toList(), problems);
                throw problems.asException("the configuration");
            }
            MemoryConfig room = memory == null ? MemoryConfig.ofThisHeap() : memory;
            return new RelayConfig(source, wire, subscribers, backlog, room, ops, shutdown, upkeep, leadership, states);
        }
    }
}
