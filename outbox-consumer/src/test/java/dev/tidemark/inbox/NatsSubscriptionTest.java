package dev.tidemark.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Broker;
import io.nats.client.Connection;
import io.nats.client.FetchConsumer;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.SequenceInfo;
import io.nats.client.api.StreamConfiguration;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Against {@code nats-server} with JetStream. */
final class NatsSubscriptionTest extends SubscriptionContract {

    private static final Duration ACK_WAIT = Duration.ofSeconds(2);

    private static Broker broker;
    private static Broker guarded;

    @BeforeAll
    static void startBroker() {
        broker = Broker.nats();
        guarded = Broker.nats("--user", "reader", "--pass", "right");
    }

    @AfterAll
    static void stopBroker() {
        guarded.close();
        broker.close();
    }

    @Override
    Broker broker() {
        return broker;
    }

    @Override
    Broker ownBroker() {
        return Broker.nats("--name", "own");
    }

    @Override
    Place place(Broker at) throws Exception {
        String name = "S" + UUID.randomUUID().toString().replace("-", "");
        Stream stream = new Stream(at, name, name);
        stream.make();
        return stream;
    }

    @Override
    Reading startExample(DataSource database, Handler<SQLException> rename) {
        return Examples.nats(database, broker.uri().toString(), rename);
    }

    @Override
    Place placeOfExample() throws Exception {
        Stream stream = new Stream(broker, "EVENTS", "events.user");
        stream.make();
        return stream;
    }

    @Override
    Reading startAsStranger(Consumer<BrokerSubscriptionBuilder<?>> settings) {
        NatsSubscription.Builder subscription = NatsSubscription.builder()
                .server(Options.builder()
                        .server(guarded.uri().toString())
                        .userInfo("reader", "sesame")
                        .build())
                .stream("EVENTS");
        settings.accept(subscription);
        return subscription.build().start();
    }

    @Test
    void whatSomebodyElseTookMeanwhileComesFirst() throws Exception {
        Stream stream = new Stream(broker, "MEANWHILE", "meanwhile");
        stream.make();
        stream.connected(connection -> stream.makeConsumer(connection.jetStreamManagement()));
        assertThatWhatSomebodyElseTookComesFirst(stream);
    }

    /** As when a process is so slow that it does not ask for more time in time. */
    @Test
    void whatIsDeliveredAgainTooSoonDoesNotComeBehindWhatIsNewer() throws Exception {
        Stream stream = new Stream(broker, "SOON", "soon");
        stream.make();
        stream.connected(connection -> stream.makeConsumer(connection.jetStreamManagement(), Duration.ofMillis(5)));
        Reading reading = stream.start(settings -> {
            common(settings);
            settings.on("slow", (tx, event) -> {
                until(() -> stream.redelivered() > 0); // however fast the machine is
                Fixtures.effect(tx, event);
            });
        });
        closeAtEnd(reading);
        stream.send(Fixtures.user("slow", 1).type("slow").build());
        stream.send(IncomingRows.interleaved(3, 200));
        awaitEffects(601);
        assertAllAcknowledged(stream, reading);
        assertThat(duplicates()).isZero();
    }

    private record Stream(Broker broker, String name, String subject) implements Place {

        private interface Work {
            void with(Connection connection) throws Exception;
        }

        @SuppressWarnings("try") // closing waits
        private void connected(Work work) throws Exception {
            try (Connection connection = Nats.connect(broker.uri().toString())) {
                work.with(connection);
            }
        }

        void make() throws Exception {
            connected(connection -> {
                JetStreamManagement management = connection.jetStreamManagement();
                management.addStream(StreamConfiguration.builder()
                        .name(name)
                        .subjects(subject + ".>")
                        .build());
            });
        }

        @Override
        public void send(Envelope... events) throws Exception {
            connected(connection -> {
                for (Envelope event : events) {
                    connection.jetStream().publish(subject + ".one", CloudEventsJson.write(event));
                }
            });
        }

        @Override
        public void sendGarbage() throws Exception {
            connected(connection ->
                    connection.jetStream().publish(subject + ".one", "{}".getBytes(StandardCharsets.UTF_8)));
        }

        private void makeConsumer(JetStreamManagement management) throws Exception {
            makeConsumer(management, ACK_WAIT);
        }

        private void makeConsumer(JetStreamManagement management, Duration ackWait) throws Exception {
            if (!management.getConsumerNames(name).contains("reporting")) {
                management.addOrUpdateConsumer(
                        name,
                        ConsumerConfiguration.builder()
                                .durable("reporting")
                                .ackPolicy(AckPolicy.Explicit)
                                .ackWait(ackWait)
                                .build());
            }
        }

        @Override
        @SuppressWarnings("try") // closing waits
        public void takeAndDie(int messages) throws Exception {
            connected(connection -> {
                makeConsumer(connection.jetStreamManagement());
                try (FetchConsumer taken =
                        connection.getConsumerContext(name, "reporting").fetchMessages(messages)) {
                    for (int i = 0; i < messages; i++) {
                        taken.nextMessage();
                    }
                }
            });
        }

        @Override
        public Reading start(Consumer<BrokerSubscriptionBuilder<?>> settings) {
            NatsSubscription.Builder subscription = NatsSubscription.builder()
                    .server(Options.builder()
                            .server(broker.uri().toString())
                            .pingInterval(Duration.ofSeconds(1))
                            .build())
                    .stream(name);
            settings.accept(subscription);
            return subscription.build().start();
        }

        @Override
        public long left() throws Exception {
            ConsumerInfo info = info();
            return info.getNumPending() + info.getNumAckPending();
        }

        /** How many deliveries were not the first of their message. */
        long redelivered() throws Exception {
            SequenceInfo delivered = info().getDelivered();
            return delivered.getConsumerSequence() - delivered.getStreamSequence();
        }

        private ConsumerInfo info() throws Exception {
            ConsumerInfo[] info = new ConsumerInfo[1];
            connected(connection -> info[0] = connection.jetStreamManagement().getConsumerInfo(name, "reporting"));
            return info[0];
        }
    }
}
