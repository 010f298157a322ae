package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Broker;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against {@code redis-server}. */
class RedisSinkTest extends BrokerSinkContract<Broker> {

    private static final Duration LONG = Duration.ofSeconds(20);
    private static final String TEMPLATE = "events:{aggregatetype}";

    private final Broker broker = Broker.redis();
    private final RedisDestination destination = new RedisDestination(broker);
    private final RedisSink sink = sink("redis://" + destination.place(), "", "", TEMPLATE, 0, LONG);

    @BeforeEach
    void empty() {
        destination.command("DEL", RedisDestination.STREAM); // it may be a server that was there before
    }

    @AfterEach
    void close() {
        sink.close();
        destination.close();
        broker.close();
    }

    private static RedisSink sink(
            String url, String user, String password, String stream, long maxLength, Duration timeout) {
        Template template = Template.of(stream, Set.of("aggregatetype", "aggregateid"));
        return new RedisSink(
                new RedisSink.Settings(URI.create(url), user, password, template, maxLength, timeout, Map.of()));
    }

    @Override
    Sink sink() {
        return sink;
    }

    @Override
    Destination destination() {
        return destination;
    }

    @Override
    Broker ownBroker() {
        return Broker.redis("--maxmemory-policy", "noeviction");
    }

    @Override
    Sink sinkTo(Broker broker, Duration timeout) {
        return sink(broker.uri().toString(), "", "", TEMPLATE, 0, timeout);
    }

    @Override
    List<Envelope> storedIn(Broker broker) {
        try (RedisDestination reader = new RedisDestination(broker)) {
            return reader.accepted();
        }
    }

    @Test
    void aWrongPasswordIsTriedAgainLaterAndNotShown() throws InterruptedException {
        try (Broker guarded = Broker.redis("--requirepass", "right");
                RedisSink wrong = sink(guarded.uri().toString(), "", "hunter2", TEMPLATE, 0, LONG);
                RedisSink none = sink(guarded.uri().toString(), "", "", TEMPLATE, 0, LONG);
                RedisSink right = sink(guarded.uri().toString(), "", "right", TEMPLATE, 0, LONG)) {
            awaitReason(wrong, "Redis at " + guarded.uri() + ": answered WRONGPASS");
            awaitReason(none, "Redis at " + guarded.uri() + ": answered NOAUTH");
            assertThat(right.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
        }
    }

    @Test
    void aUserNeedsNoMoreThanThePageSays() throws InterruptedException {
        String[] user = "--user relay on >right ~events:* +xadd +hello +ping +client".split(" ", -1);
        try (Broker guarded = Broker.redis(user);
                RedisSink allowed = sink(guarded.uri().toString(), "relay", "right", TEMPLATE, 0, LONG);
                RedisSink astray = sink(guarded.uri().toString(), "relay", "right", "other", 0, LONG)) {
            assertThat(allowed.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
            assertThat(astray.deliver(List.of(event("a", 1), event("b", 1))))
                    .containsOnly(Delivery.retry("XADD to other at " + guarded.uri() + " answered NOPERM"));
        }
    }

    @Test
    void aServerWithoutMemoryIsNotAskedForTheRest() throws InterruptedException {
        try (Broker full = Broker.redis("--maxmemory", "1");
                RedisSink toFull = sink(full.uri().toString(), "", "", TEMPLATE, 0, LONG)) {
            List<Delivery> answer = toFull.deliver(List.of(event("a", 1), event("a", 2)));
            assertThat(answer.get(0))
                    .isEqualTo(Delivery.retry("XADD to events:order at " + full.uri() + " answered OOM"));
            assertThat(answer.get(1)).isEqualTo(Delivery.notAttempted());
        }
    }

    @Test
    void aKeyThatIsNoStreamIsRejected() throws InterruptedException {
        try (RedisSink toAnother = sink(broker.uri().toString(), "", "", "{aggregatetype}", 0, LONG)) {
            destination.command("SET", "order", "1");
            assertThat(toAnother.deliver(List.of(event("a", 1))))
                    .containsOnly(Delivery.rejected("XADD to order at " + broker.uri()
                            + " answered WRONGTYPE: the key is there, and is no stream"));
        }
    }

    @Test
    void anEventThatIsTooLargeForTheServerIsRejectedAndTheOthersGoOn() throws InterruptedException {
        try (Broker small = Broker.redis("--proto-max-bulk-len", "1mb");
                RedisSink toSmall = sink(small.uri().toString(), "", "", TEMPLATE, 0, LONG)) {
            Envelope large = event("a", 1).toBuilder()
                    .data("application/octet-stream", new byte[(1 << 20) + 1])
                    .build();
            Delivery rejected = Delivery.rejected("XADD to events:order at " + small.uri()
                    + " broke off: the event is larger than proto-max-bulk-len");
            // the server hangs up, which can overtake what it says
            await().until(() -> toSmall.deliver(List.of(large)).contains(rejected));
            await().until(() -> toSmall.deliver(List.of(event("b", 1))).contains(Delivery.delivered()));
        }
    }

    @Test
    void aStreamKeepsRoughlyAsManyEntriesAsItIsTold() throws InterruptedException {
        try (RedisSink trimming = sink(broker.uri().toString(), "", "", TEMPLATE, 100, LONG)) {
            trimming.deliver(interleaved(10, 100));
            assertThat(destination.accepted()).hasSizeBetween(100, 300);
        }
    }

    @Test
    void aServerThatIsNotThereIsTriedAgainLater() throws InterruptedException {
        try (Broker gone = ownBroker();
                RedisSink toGone = sink(gone.uri().toString(), "", "", TEMPLATE, 0, LONG)) {
            gone.kill9();
            assertThat(reason(toGone)).isEqualTo("Redis at " + gone.uri() + ": connection refused");
        }
    }

    /** What was demoted keeps its connections, and answers; the name it had belongs to another. */
    @Test
    void whatIsDemotedIsLeftForTheOneThatHasItsAddress() throws InterruptedException {
        try (Broker first = ownBroker();
                Broker second = ownBroker();
                RedisDestination name = new RedisDestination(first);
                RedisSink toName = sink("redis://" + name.place(), "", "", TEMPLATE, 0, LONG)) {
            assertThat(toName.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
            name.command("REPLICAOF", second.host(), Integer.toString(second.port()));
            name.moveTo(second);
            assertThat(toName.deliver(List.of(event("a", 1))))
                    .containsOnly(
                            Delivery.retry("XADD to events:order at redis://" + name.place() + " answered READONLY"));
            assertThat(toName.deliver(List.of(event("a", 1), event("b", 1)))).containsOnly(Delivery.delivered());
            assertThat(name.accepted()).hasSize(2);
        }
    }

    /** The client may tell that its connection has ended before it tells why. */
    private static void awaitReason(RedisSink sink, String expected) {
        await().until(() -> {
            String reason = reason(sink);
            assertThat(reason).doesNotContain("hunter2");
            return reason.equals(expected);
        });
    }

    private static String reason(RedisSink sink) throws InterruptedException {
        List<Delivery> answer = new ArrayList<>(sink.deliver(List.of(event("a", 1), event("b", 1))));
        assertThat(answer.get(1)).isEqualTo(Delivery.notAttempted());
        return ((Delivery.Retry) answer.get(0)).reason();
    }
}
