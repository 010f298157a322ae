package dev.tidemark.relay.sink;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks whether topics are there before anything is sent to them, and makes them where that is allowed. The producer
 * itself would wait for a topic that is missing, and a broker may make it as nobody wants it.
 */
final class KafkaTopics {

    private static final Logger log = LoggerFactory.getLogger(KafkaTopics.class);
    private static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[a-zA-Z0-9._-]{1,249}");

    /** So many copies, and one broker may be missing while nothing that was acknowledged has one copy only. */
    private static final int SAFE_COPIES = 2;

    static final String MISSING = "it is not there; make it, or let the relay: kafka.create";

    private final KafkaSink.Settings settings;
    private final Set<String> ready = ConcurrentHashMap.newKeySet();

    KafkaTopics(KafkaSink.Settings settings) {
        this.settings = settings;
    }

    static boolean isName(String topic) {
        return NAME.matcher(topic).matches();
    }

    /**
     * Why nothing can be sent to some of {@code topics}, for people; those that are fit are not in it.
     *
     * @throws ExecutionException if Kafka cannot be asked
     */
    Map<String, String> unfit(Set<String> topics, Admin admin) throws InterruptedException, ExecutionException {
        Set<String> unknown = new HashSet<>(topics);
        unknown.removeAll(ready);
        if (unknown.isEmpty()) {
            return Map.of();
        }
        Map<String, String> unfit = new LinkedHashMap<>();
        Set<String> missing = missing(unknown, admin, unfit);
        if (settings.create() == null) {
            missing.forEach(topic -> unfit.put(topic, MISSING));
        } else if (!missing.isEmpty()) {
            create(settings.create(), missing, admin, unfit);
        }
        unknown.removeAll(unfit.keySet());
        if (settings.mode() == KafkaSink.Mode.STRUCTURED && !unknown.isEmpty()) {
            refuseCompacted(unknown, admin, unfit);
            unknown.removeAll(unfit.keySet());
        }
        ready.addAll(unknown);
        return unfit;
    }

    /** Something is wrong with {@code topic}: it is looked at again before more is sent to it. */
    void forget(String topic) {
        ready.remove(topic);
    }

    /** Says in the log what will keep all events waiting, before the first one comes. */
    void sayAtStart(String topic, KafkaLink.Clients clients) {
        try {
            unfit(Set.of(topic), clients.admin())
                    .forEach((name, why) -> log.warn("Topic {} of {}: {}.", name, settings.place(), why));
        } catch (ExecutionException e) {
            log.warn("{}: {}; its events wait.", settings.place(), KafkaOutcome.whyNotConnected(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Set<String> missing(Collection<String> topics, Admin admin, Map<String, String> unfit)
            throws InterruptedException, ExecutionException {
        Set<String> missing = new HashSet<>();
        for (Map.Entry<String, ? extends KafkaFuture<?>> topic :
                admin.describeTopics(topics).topicNameValues().entrySet()) {
            Optional<Throwable> failure = failure(topic.getValue());
            if (failure.isEmpty()) {
                continue;
            }
            if (failure.get() instanceof UnknownTopicOrPartitionException) {
                missing.add(topic.getKey());
            } else if (KafkaOutcome.concernsAllTopics(failure.get())) {
                throw new ExecutionException(failure.get());
            } else {
                unfit.put(topic.getKey(), "it cannot be looked at: " + KafkaOutcome.code(failure.get()));
            }
        }
        return missing;
    }

    private static void create(KafkaSink.NewTopics create, Set<String> missing, Admin admin, Map<String, String> unfit)
            throws InterruptedException {
        List<NewTopic> topics = new ArrayList<>();
        for (String name : missing) {
            NewTopic topic = new NewTopic(name, create.partitions(), (short) create.replication());
            if (create.replication() > SAFE_COPIES) {
                topic.configs(Map.of(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, Integer.toString(SAFE_COPIES)));
            }
            topics.add(topic);
        }
        for (Map.Entry<String, KafkaFuture<Void>> topic :
                admin.createTopics(topics).values().entrySet()) {
            failure(topic.getValue())
                    .filter(failure -> !(failure instanceof TopicExistsException)) // another lane was first
                    .ifPresent(failure -> unfit.put(
                            topic.getKey(), "it is not there and cannot be made: " + KafkaOutcome.code(failure)));
        }
    }

    /** There an event without data would have to be a tombstone. */
    private static void refuseCompacted(Set<String> topics, Admin admin, Map<String, String> unfit)
            throws InterruptedException, ExecutionException {
        List<ConfigResource> asked = topics.stream()
                .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic))
                .toList();
        for (Map.Entry<ConfigResource, KafkaFuture<Config>> topic :
                admin.describeConfigs(asked).values().entrySet()) {
            Optional<Throwable> failure = failure(topic.getValue());
            if (failure.isEmpty()) {
                String policy = topic.getValue()
                        .get()
                        .get(TopicConfig.CLEANUP_POLICY_CONFIG)
                        .value();
                if (policy.contains(TopicConfig.CLEANUP_POLICY_COMPACT)) {
                    unfit.put(
                            topic.getKey().name(),
                            "it is compacted, which takes tombstones, and in structured mode there are none;"
                                    + " set kafka.mode to binary");
                }
            } else if (!(failure.get() instanceof AuthorizationException)) { // who may not look takes what is there
                throw new ExecutionException(failure.get());
            }
        }
    }

    private static Optional<Throwable> failure(KafkaFuture<?> answer) throws InterruptedException {
        try {
            answer.get();
            return Optional.empty();
        } catch (ExecutionException e) {
            return Optional.of(Pipeline.unwrapped(e.getCause() == null ? e : e.getCause()));
        }
    }
}
