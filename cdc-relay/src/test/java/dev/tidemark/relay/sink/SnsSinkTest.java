package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static dev.tidemark.relay.sink.SnsDestination.ACCOUNT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Against topics that are as strict as SNS. */
class SnsSinkTest extends SinkContract {

    private static final Duration LONG = Duration.ofSeconds(30);

    private final SnsDestination destination = new SnsDestination("events-order.fifo", "standard");
    private final SnsSink sink = to("events-{aggregatetype}.fifo");

    @AfterEach
    void close() {
        sink.close();
        destination.close();
    }

    private SnsSink to(String topic) {
        return new SnsSink(settings(topic));
    }

    private SnsSink.Settings settings(String topic) {
        return new SnsSink.Settings(Template.of(ACCOUNT + topic, Template.GROUPS), destination.access(LONG));
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
        return 190_000;
    }

    @Test
    void itsTopicIsLookedAt() {
        Duration patience = Duration.ofSeconds(20);
        assertThat(AwsLook.at(settings("events-order.fifo"), patience)).contains(new AwsLook("", ""));
        assertThat(AwsLook.at(settings("missing"), patience))
                .contains(new AwsLook("", "answered NotFound: it is not there; make it, the relay does not"));
        assertThat(AwsLook.at(settings("{source}"), patience)).isEmpty();
        destination.disappear();
        assertThat(AwsLook.at(settings("missing"), patience)).contains(new AwsLook("failed: connection refused", ""));
    }

    @Test
    void upToTenTravelTogether() throws InterruptedException {
        assertThat(sink.deliver(interleaved(25, 1))).hasSize(25).containsOnly(Delivery.delivered());
        assertThat(destination.requests()).containsExactlyInAnyOrder(10, 10, 5);
    }

    @Test
    void subscriptionsCanFilterByAttributes() throws InterruptedException {
        Envelope tenant =
                Events.of(new Aggregate("orders", "acme", "order", "a"), 1).build();
        assertThat(sink.deliver(List.of(event("b", 1), tenant))).containsOnly(Delivery.delivered());
        assertThat(SnsDestination.attributes(destination.published().get(0)))
                .containsExactly(
                        entry("aggregatetype", "order"),
                        entry("contentType", "application/cloudevents+json"),
                        entry("source", "orders"),
                        entry("type", "order-placed"));
        assertThat(SnsDestination.attributes(destination.published().get(1))).containsEntry("tenantid", "acme");
    }

    @Test
    void eachAggregateIsAGroup() throws InterruptedException {
        sink.deliver(List.of(event("a", 1), event("b", 1), event("a", 2)));
        assertThat(destination.published().stream()
                        .map(entry -> String.valueOf(entry.get("MessageGroupId")))
                        .distinct())
                .hasSize(2)
                .allMatch(group -> group.matches("[a-z0-9]{32}"));
    }

    /** The topic keeps one of two messages with the same id, and must not take a redelivery for the event itself. */
    @Test
    void aRedeliveryArrivesOnce() throws InterruptedException {
        List<Envelope> events = new ArrayList<>(List.of(event("a", 1)));
        for (String job : List.of("2026-11", "2026 11", "x".repeat(200))) {
            events.add(event("a", 1).toBuilder().redelivery("replay:" + job).build());
        }
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThat(sink.deliver(events)).containsOnly(Delivery.delivered());
        }
        assertThat(destination.accepted())
                .extracting(Envelope::redelivery)
                .containsExactlyElementsOf(
                        events.stream().map(Envelope::redelivery).toList());
    }

    @Test
    void aRequestHasNoMoreThan256Kibibytes() throws InterruptedException {
        List<Envelope> batch = List.of(
                sized("a", 80_000), sized("b", 80_000), sized("c", 80_000), sized("d", 80_000), sized("e", 80_000));
        assertThat(sink.deliver(batch)).containsOnly(Delivery.delivered());
        assertThat(destination.requests()).containsExactlyInAnyOrder(2, 2, 1);
        assertThat(destination.published()).hasSize(5);
    }

    @Test
    void whatIsLargerThanAMessageIsRejectedAndHoldsUpNoOther() throws InterruptedException {
        List<Delivery> answer = sink.deliver(List.of(event("a", 1), sized("large", 200_000), event("b", 1)));
        assertThat(answer.get(1)).isInstanceOf(Delivery.Rejected.class);
        assertThat(answer.get(1).toString())
                .contains("bytes are more than the 262144 that a message may have")
                .contains("publishing to " + ACCOUNT + "events-order.fifo");
        assertThat(List.of(answer.get(0), answer.get(2))).containsOnly(Delivery.delivered());
        assertThat(destination.published()).hasSize(2);
    }

    @Test
    void charactersThatSnsDoesNotTakeArriveAllTheSame() throws InterruptedException, IOException {
        String odd = "a\uFFFE\uFFFF\u0001\u007F\uD83D\uDE00";
        Envelope event = event("a", 1).toBuilder()
                .data(
                        "application/json",
                        new ObjectMapper().writeValueAsString(odd).getBytes(StandardCharsets.UTF_8))
                .build();
        assertThat(sink.deliver(List.of(event))).containsOnly(Delivery.delivered());
        assertThat(destination.accepted())
                .singleElement()
                .satisfies(arrived -> assertThat(new ObjectMapper().readValue(arrived.data(), String.class))
                        .isEqualTo(odd));
    }

    @Test
    void aTopicThatIsMissingKeepsItsOwnEventsWaitingAndNoOthers() throws InterruptedException {
        Envelope toNowhere =
                Events.of(new Aggregate("orders", "", "invoice", "i"), 1).build();
        Envelope toNoName =
                Events.of(new Aggregate("orders", "", "a:b", "i"), 1).build();
        assertThat(sink.deliver(List.of(toNowhere, event("a", 1), toNoName)))
                .containsExactly(
                        Delivery.retry(
                                "publishing to " + ACCOUNT
                                        + "events-invoice.fifo answered NotFound: it is not there; make it, the relay does not"),
                        Delivery.delivered(),
                        Delivery.rejected(
                                "publishing to " + ACCOUNT + "events-a:b.fifo: the name of a topic has at most"
                                        + " 256 of a-z, A-Z, 0-9, _ and -, with .fifo at its end or not"));
    }

    /** SNS says so of a topic that is not its own too. */
    @Test
    void aWholeRequestThatIsInvalidIsTriedAgain() throws InterruptedException {
        destination.refuse(new SnsDestination.Refusal(400, "InvalidParameter"));
        assertThat(sink.deliver(List.of(event("a", 1), event("b", 1))))
                .containsOnly(
                        Delivery.retry("publishing to " + ACCOUNT + "events-order.fifo answered InvalidParameter"));
    }

    @Test
    void whatConcernsAllEventsEndsTheBatch() throws InterruptedException {
        destination.refuse(new SnsDestination.Refusal(503, "ServiceUnavailable"));
        List<Delivery> answer = sink.deliver(interleaved(50, 1));
        assertThat(answer.get(0))
                .isEqualTo(
                        Delivery.retry("publishing to " + ACCOUNT + "events-order.fifo answered ServiceUnavailable"));
        assertThat(answer.get(49)).isEqualTo(Delivery.notAttempted());
        destination.refuse(null);
        assertThat(sink.deliver(interleaved(50, 1))).containsOnly(Delivery.delivered());
    }

    @Test
    void aTopicThatDoesNotAnswerIsGivenUp() throws InterruptedException {
        destination.leaveUnanswered("a@1");
        try (SnsSink impatient = new SnsSink(new SnsSink.Settings(
                Template.of(ACCOUNT + "events-order.fifo", Template.GROUPS),
                destination.access(Duration.ofSeconds(1))))) {
            List<Delivery> answer = impatient.deliver(List.of(event("a", 1), event("a", 2)));
            assertThat(answer.get(0).toString()).containsAnyOf("no answer within 1000 ms", "no answer in time");
            assertThat(answer.get(1)).isEqualTo(Delivery.notAttempted());
        }
    }

    @Test
    void aStandardTopicHasNoGroups() throws InterruptedException {
        try (SnsSink toStandard = to("standard")) {
            assertThat(toStandard.deliver(interleaved(12, 3))).hasSize(36).containsOnly(Delivery.delivered());
        }
        assertThat(destination.published()).hasSize(36);
    }

    @Test
    void noTextOfSnsAndNoSecretIsShown() throws InterruptedException {
        destination.refuseForGood("a@1");
        destination.refuseForNow("b@1");
        assertThat(sink.deliver(List.of(event("a", 1), event("b", 1))).toString())
                .contains("answered InvalidParameter", "answered InternalError")
                .doesNotContain("hunter2");
        assertThat(new SnsSink.Settings(Template.of("a", Template.GROUPS), destination.access(LONG)).toString())
                .doesNotContain("hunter2");
    }
}
