package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Broker;
import io.nats.client.Connection;
import io.nats.client.Nats;
import io.nats.client.api.DiscardPolicy;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Against {@code nats-server} with JetStream. */
class NatsSinkTest extends BrokerSinkContract<Broker> {

    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofSeconds(4);
    private static final String SUBJECT = "events.{aggregatetype}";

    private final Broker broker = NatsDestination.withStream(Broker.nats());
    private final NatsDestination destination = new NatsDestination(broker);
    private final NatsSink sink = sink("nats://" + destination.place(), "", SUBJECT, "EVENTS", mode(), LONG);

    @AfterEach
    void close() {
        sink.close();
        destination.close();
        broker.close();
    }

    NatsSink.Mode mode() {
        return NatsSink.Mode.STRUCTURED;
    }

    private static NatsSink sink(
            String url, String password, String subject, String stream, NatsSink.Mode mode, Duration timeout) {
        return new NatsSink(new NatsSink.Settings(
                URI.create(url),
                password.isEmpty() ? "" : "relay",
                password,
                Template.of(subject, Set.of("aggregatetype", "aggregateid")),
                stream,
                mode,
                timeout,
                Map.of()));
    }

    private NatsSink to(Broker other, String subject, String stream) {
        return sink(other.uri().toString(), "", subject, stream, mode(), LONG);
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
        return NatsDestination.withStream(Broker.nats("--name", "own"));
    }

    @Override
    Sink sinkTo(Broker other, Duration timeout) {
        return sink(other.uri().toString(), "", SUBJECT, "EVENTS", mode(), timeout);
    }

    @Override
    List<Envelope> storedIn(Broker other) {
        try (NatsDestination reader = new NatsDestination(other)) {
            return reader.accepted();
        }
    }

    @Test
    void whatIsSentTwiceIsStoredOnceButARedeliveryIsNot() throws InterruptedException {
        Envelope redelivery = event("a", 1).toBuilder().redelivery("replay:é 1").build();
        sink.deliver(List.of(event("a", 1)));
        sink.deliver(List.of(event("a", 1)));
        assertThat(destination.accepted()).hasSize(1);
        assertThat(destination.lastHeaders().get("Nats-Msg-Id"))
                .containsExactly(event("a", 1).id().toString());
        sink.deliver(List.of(redelivery));
        sink.deliver(List.of(redelivery));
        assertThat(destination.accepted()).hasSize(2);
        assertThat(destination.lastHeaders().get("Nats-Msg-Id"))
                .containsExactly(event("a", 1).id() + "/%C3%A9%201");
    }

    /** The stream acknowledges what it has, and has it for another subscriber only. */
    @Test
    void whatTheStreamHasUnderAnotherSubjectIsNotDelivered() throws InterruptedException {
        try (NatsSink mail = to(broker, "events.mail", "");
                NatsSink audit = to(broker, "events.audit", "")) {
            assertThat(mail.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
            List<Delivery> answer = audit.deliver(List.of(event("a", 1), event("a", 2), event("b", 1)));
            assertThat(reason(answer))
                    .isEqualTo("publishing to events.audit of NATS at " + broker.uri()
                            + ": the stream has this id under another subject, and takes it again when its duplicate"
                            + " window has passed; two subscribers need a stream each, or a shorter window");
            assertThat(answer.subList(1, 3)).containsExactly(Delivery.notAttempted(), Delivery.delivered());
            assertThat(mail.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
            assertThat(destination.subjects()).containsExactly("events.mail", "events.audit");
        }
    }

    @Test
    void whatTwoSubscribersPublishToOneStreamArrivesForBothInTheEnd() throws InterruptedException {
        StreamConfiguration.Builder forgetful = StreamConfiguration.builder().duplicateWindow(Duration.ofSeconds(1));
        try (Broker own = NatsDestination.withStream(Broker.nats("--name", "forgetful"), forgetful);
                NatsDestination stored = new NatsDestination(own);
                NatsSink mail = to(own, "events.mail", "");
                NatsSink audit = to(own, "events.audit", "")) {
            assertThat(mail.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
            await().until(() -> audit.deliver(List.of(event("a", 1))).contains(Delivery.delivered()));
            assertThat(stored.subjects()).containsExactly("events.mail", "events.audit");
        }
    }

    /** A server that goes away closes the connection at any moment: also between finding it open and using it. */
    @Test
    void aConnectionThatHasJustBeenClosedIsNoMoreThanTriedAgain() throws IOException, InterruptedException {
        Connection gone = Nats.connect(broker.uri().toString());
        gone.close();
        assertThat(sink.deliver(List.of(event("a", 1), event("b", 1)), gone))
                .containsExactly(
                        Delivery.retry("NATS at nats://" + destination.place() + ": connection broken"),
                        Delivery.notAttempted());
        assertThat(sink.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
    }

    @Test
    void whatASourceThatCameBackOlderSendsAgainIsStored() throws InterruptedException {
        Envelope again = event("a", 1).toBuilder().sourceEpoch(1).build();
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThat(sink.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
            assertThat(sink.deliver(List.of(again))).containsOnly(Delivery.delivered());
        }
        assertThat(destination.accepted()).extracting(Envelope::sourceEpoch).containsExactly(0L, 1L);
        assertThat(destination.lastHeaders().get("Nats-Msg-Id"))
                .containsExactly(event("a", 1).id() + "/epoch:1");
    }

    @Test
    void aSubjectThatNoStreamTakesIsTriedAgainLater() throws InterruptedException {
        try (NatsSink astray = to(broker, "nowhere.{aggregatetype}", "")) {
            assertThat(reason(astray.deliver(List.of(event("a", 1)))))
                    .isEqualTo("publishing to nowhere.order of NATS at " + broker.uri()
                            + ": no stream takes this subject");
        }
    }

    @Test
    void anotherStreamThanTheExpectedOneIsTriedAgainLater() throws InterruptedException {
        try (NatsSink astray = to(broker, SUBJECT, "ORDERS")) {
            assertThat(reason(astray.deliver(List.of(event("a", 1)))))
                    .contains("answered 10060 expected stream does not match");
            assertThat(destination.accepted()).isEmpty();
        }
    }

    @Test
    void aSubjectThatNatsDoesNotAllowIsRejected() throws InterruptedException {
        try (NatsSink byId = to(broker, "events.{aggregateid}", "")) {
            List<Delivery> answer =
                    byId.deliver(List.of(event("a b", 1), event("a..b", 1), event("a.b", 1), event("*", 1)));
            assertThat(answer)
                    .extracting(Object::getClass)
                    .isEqualTo(List.of(
                            Delivery.Rejected.class,
                            Delivery.Rejected.class,
                            Delivery.Delivered.class,
                            Delivery.Rejected.class));
        }
    }

    @Test
    void whatIsTooLargeForTheServerOrTheStreamIsRejected() throws InterruptedException {
        StreamConfiguration.Builder small = StreamConfiguration.builder().maximumMessageSize(2000);
        try (Broker own = NatsDestination.withStream(Broker.nats("--name", "small"), small);
                NatsSink toSmall = to(own, SUBJECT, "")) {
            List<Delivery> answer = toSmall.deliver(List.of(sized("a", 3000), sized("b", 9 << 20), event("c", 1)));
            assertThat(((Delivery.Rejected) answer.get(0)).reason()).contains("answered 10054");
            assertThat(((Delivery.Rejected) answer.get(1)).reason())
                    .contains("more than the server's max_payload of 8388608");
            assertThat(answer.get(2)).isEqualTo(Delivery.delivered());
        }
    }

    @Test
    void aStreamThatIsFullIsTriedAgainLater() throws InterruptedException {
        StreamConfiguration.Builder full =
                StreamConfiguration.builder().maxMessages(1).discardPolicy(DiscardPolicy.New);
        try (Broker own = NatsDestination.withStream(Broker.nats("--name", "full"), full);
                NatsSink toFull = to(own, SUBJECT, "")) {
            List<Delivery> answer = toFull.deliver(List.of(event("a", 1), event("a", 2), event("a", 3)));
            assertThat(answer.get(0)).isEqualTo(Delivery.delivered());
            assertThat(reason(answer.subList(1, 2))).contains("answered 10077");
            assertThat(answer.get(2)).isEqualTo(Delivery.notAttempted());
        }
    }

    @Test
    void aWrongPasswordIsTriedAgainLaterAndNotShown() throws InterruptedException {
        try (Broker guarded = Broker.nats("--user", "relay", "--pass", "right");
                NatsSink wrong = sink(guarded.uri().toString(), "hunter2", SUBJECT, "", mode(), SHORT)) {
            assertThat(reason(wrong.deliver(List.of(event("a", 1)))))
                    .isEqualTo("NATS at " + guarded.uri() + ": user or password refused");
        }
    }

    @Test
    void aServerThatIsNotThereIsTriedAgainLater() throws InterruptedException {
        try (Broker gone = Broker.nats("--name", "gone");
                NatsSink toGone = to(gone, SUBJECT, "")) {
            gone.kill9();
            List<Delivery> answer = toGone.deliver(List.of(event("a", 1), event("b", 1)));
            assertThat(reason(answer.subList(0, 1))).startsWith("NATS at " + gone.uri() + ": connection");
            assertThat(answer.get(1)).isEqualTo(Delivery.notAttempted());
        }
    }

    private static String reason(List<Delivery> answer) {
        return ((Delivery.Retry) answer.get(0)).reason();
    }
}
