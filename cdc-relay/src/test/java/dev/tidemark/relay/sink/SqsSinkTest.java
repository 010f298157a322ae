package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.testkit.Broker;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/** Against ElasticMQ, which has SQS's protocol and limits; each test has FIFO queues of its own. */
class SqsSinkTest extends SlowBrokerSinkContract<SqsReader.Server> {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int MOST_BYTES = 1 << 20;
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private static @Nullable Broker shared;

    private final Broker broker = Objects.requireNonNull(shared);
    private final String prefix = "q" + NUMBER.incrementAndGet() + "-";
    private final SqsDestination destination = new SqsDestination(broker, prefix + "order.fifo");
    private final SqsSink sink = to(prefix + "{aggregatetype}.fifo");

    SqsSinkTest() {
        SqsReader.create(broker, prefix + "order.fifo");
    }

    @BeforeAll
    static void startBroker() {
        shared = Broker.sqs();
    }

    @AfterAll
    static void stopBroker() {
        Broker started = shared;
        if (started != null) { // else the tests are skipped
            started.close();
        }
    }

    @AfterEach
    void close() {
        sink.close();
        destination.close();
    }

    private SqsSink to(String queue) {
        return new SqsSink(new SqsSink.Settings(
                Template.of(SqsReader.url(destination.place(), queue), Template.GROUPS),
                SqsReader.access(destination.place(), LONG)));
    }

    @Override
    Sink sink() {
        return sink;
    }

    @Override
    Destination destination() {
        return destination;
    }

    /** Four bytes of base64 for three. */
    @Override
    int largePayload() {
        return 780_000;
    }

    @Override
    SqsReader.Server ownBroker() {
        return new SqsReader.Server();
    }

    @Override
    Sink sinkTo(SqsReader.Server other, Duration timeout) {
        return new SqsSink(new SqsSink.Settings(Template.of(other.url(), Template.GROUPS), other.access(timeout)));
    }

    @Test
    void whatASourceThatCameBackOlderSendsAgainArrives() throws InterruptedException {
        Envelope again = event("a", 1).toBuilder().sourceEpoch(1).build();
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThat(sink.deliver(List.of(event("a", 1), again))).containsOnly(Delivery.delivered());
        }
        assertThat(destination.accepted()).extracting(Envelope::sourceEpoch).containsExactly(0L, 1L);
    }

    @Override
    List<Envelope> storedIn(SqsReader.Server other) {
        return other.events();
    }

    @Test
    void upToTenTravelTogether() throws InterruptedException {
        assertThat(sink.deliver(interleaved(25, 1))).hasSize(25).containsOnly(Delivery.delivered());
        assertThat(destination.requests().stream()
                        .map(request -> request.get("Entries").size()))
                .containsExactlyInAnyOrder(10, 10, 5);
    }

    @Test
    void aMessageSaysWhatItIs() throws InterruptedException {
        sink.deliver(List.of(event("a", 1)));
        assertThat(destination.reader().messages())
                .singleElement()
                .extracting(Message::messageAttributes)
                .satisfies(attributes -> {
                    assertThat(attributes).containsOnlyKeys("contentType");
                    assertThat(attributes.values())
                            .extracting(MessageAttributeValue::stringValue)
                            .containsExactly("application/cloudevents+json");
                });
    }

    @Test
    void eachAggregateIsAGroup() throws InterruptedException {
        List<Envelope> batch = new ArrayList<>();
        for (int version = 1; version <= 2; version++) {
            batch.add(Events.of(new Aggregate("orders", "", "order", "a"), version)
                    .build());
            batch.add(Events.of(new Aggregate("orders", "", "order", "b"), version)
                    .build());
            batch.add(Events.of(new Aggregate("orders", "t", "order", "a"), version)
                    .build());
            batch.add(Events.of(new Aggregate("order", "st", "order", "a"), version)
                    .build());
            batch.add(Events.of(new Aggregate("orders", "", "order", "x".repeat(500) + "ключ 😀"), version)
                    .build());
        }
        assertThat(sink.deliver(batch)).containsOnly(Delivery.delivered());
        List<String> groups = destination.entries().stream()
                .map(entry -> entry.get("MessageGroupId").asText())
                .toList();
        assertThat(groups).hasSize(10).allMatch(group -> group.matches("[a-z0-9]{32}"));
        assertThat(groups.stream().distinct()).hasSize(5);
    }

    /** The queue keeps one of two messages with the same id, and must not take a redelivery for the event itself. */
    @Test
    void aRedeliveryArrivesOnce() throws InterruptedException {
        List<Envelope> events = new ArrayList<>(List.of(event("a", 1)));
        for (String job : List.of("2026-11", "2026 11", "\u043a\u043b\u044e\u0447", "x".repeat(200), "x".repeat(201))) {
            events.add(event("a", 1).toBuilder().redelivery("replay:" + job).build());
        }
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThat(sink.deliver(events)).hasSize(6).containsOnly(Delivery.delivered());
        }
        assertThat(destination.accepted())
                .extracting(Envelope::redelivery)
                .containsExactlyElementsOf(
                        events.stream().map(Envelope::redelivery).toList());
        assertThat(destination.entries().stream()
                        .map(entry -> entry.get("MessageDeduplicationId").asText()))
                .hasSize(12)
                .allMatch(id -> id.matches("[!-~]{1,128}"))
                .startsWith(event("a", 1).id().toString(), event("a", 1).id() + "/2026-11");
    }

    @Test
    void aRequestHasNoMoreThanAMebibyte() throws InterruptedException {
        List<Envelope> batch = List.of(
                sized("a", 300_000), sized("b", 300_000), sized("c", 300_000), sized("d", 1_000), sized("e", 300_000));
        assertThat(sink.deliver(batch)).containsOnly(Delivery.delivered());
        assertThat(destination.requests().stream()
                        .map(request -> request.get("Entries").size()))
                .containsExactlyInAnyOrder(3, 2);
    }

    @Test
    void whatIsLargerThanAMessageIsRejectedAndHoldsUpNoOther() throws InterruptedException, CharacterCodingException {
        int rest = AwsMessage.of(exactly(1_000), "a.fifo").bytes() - 1_000;
        Envelope largest = exactly(MOST_BYTES - rest);
        Envelope larger = exactly(MOST_BYTES - rest + 1);
        assertThat(sink.deliver(List.of(event("a", 1), larger, event("b", 1))))
                .containsExactly(
                        Delivery.delivered(),
                        Delivery.rejected("sending to " + SqsReader.url(destination.place(), prefix + "order.fifo")
                                + ": its 1048577 bytes are more than the 1048576 that a message may have"),
                        Delivery.delivered());
        assertThat(destination.entries()).hasSize(2);
        assertThat(sink.deliver(List.of(largest))).containsOnly(Delivery.delivered());
        assertThat(destination.accepted()).hasSize(3);
    }

    private static Envelope exactly(int bytes) {
        return event("large", 1).toBuilder()
                .data("application/json", ("\"" + "x".repeat(bytes - 2) + "\"").getBytes(StandardCharsets.UTF_8))
                .build();
    }

    /** Such characters SQS refuses or, as it once did, replaces; in JSON each has another form. */
    @Test
    void charactersThatSqsDoesNotTakeArriveAllTheSame() throws InterruptedException, IOException {
        String odd = "a\uFFFE\uFFFF\u0001\u007F\u0085\uD83D\uDE00\\\t\r\n";
        String json = new ObjectMapper().writeValueAsString(odd);
        assertThat(json).contains("\uFFFE\uFFFF");
        Envelope event = event("a", 1).toBuilder()
                .data("application/json", json.getBytes(StandardCharsets.UTF_8))
                .header("note", "x\uFFFEy")
                .build();
        assertThat(sink.deliver(List.of(event))).containsOnly(Delivery.delivered());
        assertThat(destination.accepted()).singleElement().satisfies(arrived -> {
            assertThat(new ObjectMapper().readValue(arrived.data(), String.class))
                    .isEqualTo(odd);
            assertThat(arrived.headers()).containsEntry("note", "x\uFFFEy");
        });
    }

    @Test
    void dataThatIsNoTextIsRejectedWhereItIsCalledJson() throws InterruptedException {
        Envelope broken = event("a", 1).toBuilder()
                .data("application/json", new byte[] {'"', (byte) 0xC0, '"'})
                .build();
        assertThat(sink.deliver(List.of(broken, event("b", 1))))
                .containsExactly(
                        Delivery.rejected("sending to " + SqsReader.url(destination.place(), prefix + "order.fifo")
                                + ": its data is called JSON, and is not UTF-8"),
                        Delivery.delivered());
    }

    @Test
    void aQueueThatIsMissingKeepsItsOwnEventsWaitingAndNoOthers() throws InterruptedException {
        Envelope toNowhere =
                Events.of(new Aggregate("orders", "", "invoice", "i"), 1).build();
        Envelope toNoName =
                Events.of(new Aggregate("orders", "", "a/b", "i"), 1).build();
        List<Delivery> answer = sink.deliver(List.of(toNowhere, event("a", 1), toNoName));
        assertThat(answer.get(0))
                .isEqualTo(Delivery.retry("sending to "
                        + SqsReader.url(destination.place(), prefix + "invoice.fifo")
                        + " answered QueueDoesNotExist: it is not there; make it, the relay does not"));
        assertThat(answer.get(1)).isEqualTo(Delivery.delivered());
        assertThat(answer.get(2))
                .isEqualTo(Delivery.rejected("sending to " + SqsReader.url(destination.place(), prefix + "a/b.fifo")
                        + ": the name of a queue has at most 80 of a-z, A-Z, 0-9, _ and -, with .fifo at its end or"
                        + " not"));
    }

    /** Where a queue or its region takes less, the service does not say which of several is too much. */
    @Test
    void whatIsRefusedTogetherIsSentAlone() throws InterruptedException {
        destination.refuse(new SqsDestination.Refusal(2, 400, "BatchRequestTooLong"));
        assertThat(sink.deliver(interleaved(12, 2))).hasSize(24).containsOnly(Delivery.delivered());
        for (int aggregate = 0; aggregate < 12; aggregate++) {
            assertVersions("a" + aggregate, 2);
        }
    }

    @Test
    void whatIsRefusedAloneIsRejected() throws InterruptedException {
        destination.refuse(new SqsDestination.Refusal(1, 400, "InvalidParameterValue"));
        assertThat(sink.deliver(List.of(event("a", 1), event("b", 1), event("a", 2))))
                .extracting(answer -> answer.getClass().getSimpleName())
                .containsExactly("Rejected", "Rejected", "NotAttempted");
    }

    @Test
    void whatConcernsAllEventsEndsTheBatch() throws InterruptedException {
        destination.refuse(new SqsDestination.Refusal(1, 400, "RequestThrottled"));
        List<Delivery> answer = sink.deliver(interleaved(50, 1));
        assertThat(answer.get(0))
                .isEqualTo(Delivery.retry("sending to " + SqsReader.url(destination.place(), prefix + "order.fifo")
                        + " answered RequestThrottled"));
        assertThat(answer).noneMatch(Delivery.Delivered.class::isInstance);
        assertThat(answer.get(49)).isEqualTo(Delivery.notAttempted());
        destination.refuse(null);
        assertThat(sink.deliver(interleaved(50, 1))).containsOnly(Delivery.delivered());
    }

    @Test
    void whatIsNotInTheAnswerIsNotDelivered() throws InterruptedException {
        destination.forget("b@1");
        List<Delivery> answer = sink.deliver(List.of(event("a", 1), event("b", 1), event("b", 2), event("c", 1)));
        assertThat(answer.get(1)).isInstanceOf(Delivery.Retry.class);
        assertThat(answer.get(2)).isEqualTo(Delivery.notAttempted());
        assertThat(List.of(answer.get(0), answer.get(3))).containsOnly(Delivery.delivered());
    }

    @Test
    void noTextOfSqsAndNoSecretIsShown() throws InterruptedException {
        destination.refuseForGood("a@1");
        destination.refuseForNow("b@1");
        assertThat(sink.deliver(List.of(event("a", 1), event("b", 1))).toString())
                .contains("answered InvalidMessageContents", "answered ServiceUnavailable")
                .doesNotContain("hunter2");
        assertThat(new SqsSink.Settings(Template.of("a", Template.GROUPS), SqsReader.access("a", LONG)).toString())
                .doesNotContain("hunter2");
    }

    @Test
    void aStandardQueueHasNoGroups() throws InterruptedException {
        SqsReader.create(broker, prefix + "standard");
        SqsReader reader = new SqsReader(broker, prefix + "standard");
        try (SqsSink toStandard = to(prefix + "standard")) {
            assertThat(toStandard.deliver(interleaved(12, 3))).hasSize(36).containsOnly(Delivery.delivered());
        }
        assertThat(reader.events())
                .extracting(Events::label)
                .containsExactlyInAnyOrderElementsOf(
                        interleaved(12, 3).stream().map(Events::label).toList());
        assertThat(destination.entries())
                .hasSize(36)
                .noneMatch((JsonNode entry) -> entry.has("MessageGroupId") || entry.has("MessageDeduplicationId"));
    }
}
