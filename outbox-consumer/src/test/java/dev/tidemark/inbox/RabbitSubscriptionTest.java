package dev.tidemark.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.envelope.CloudEventsRabbit;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Broker;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Against {@code rabbitmq-server}. */
final class RabbitSubscriptionTest extends SlowSubscriptionContract {

    private static Broker broker;

    @BeforeAll
    static void startBroker() {
        broker = Broker.rabbitmq();
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @Override
    Broker broker() {
        return broker;
    }

    @Override
    Broker ownBroker() {
        return Broker.rabbitmq("channel_max=100");
    }

    @Override
    Place place(Broker at) throws Exception {
        Queue queue = new Queue(at, "q-" + UUID.randomUUID(), Map.of());
        queue.make();
        return queue;
    }

    /**
     * A busy quorum queue forgets acknowledgements that come just before the end; what comes again because of it is known.
     * Messages that were given back come before one that is sent now.
     */
    @Override
    void assertAllAcknowledged(Place place, Reading reading) throws Exception {
        reading.close();
        long again = Long.MAX_VALUE;
        for (int round = 0; round < 5 && again > 0; round++) {
            long before = duplicates();
            place.send(Fixtures.user("last-" + UUID.randomUUID(), 1).build());
            int expected = effects() + 1;
            Reading next = place.start(this::common);
            closeAtEnd(next);
            awaitEffects(expected);
            next.close();
            again = duplicates() - before;
        }
        assertThat(again).as("messages that come again and again").isZero();
    }

    @Override
    Reading startExample(DataSource database, Handler<SQLException> rename) {
        return Examples.rabbitmq(database, factory(broker), rename);
    }

    @Override
    Place placeOfExample() throws Exception {
        Queue queue = new Queue(broker, "reporting", Map.of());
        queue.make();
        return queue;
    }

    @Override
    Reading startAsStranger(Consumer<BrokerSubscriptionBuilder<?>> settings) {
        ConnectionFactory factory = factory(broker);
        factory.setPassword("sesame");
        RabbitSubscription.Builder subscription =
                RabbitSubscription.builder().connection(factory).queue("events");
        settings.accept(subscription);
        return subscription.build().start();
    }

    private static ConnectionFactory factory(Broker at) {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setHost(at.host());
        factory.setPort(at.port());
        return factory;
    }

    /** Of one that notices soon that the broker is silent; a test that sends must not be cut off by a busy machine. */
    private static ConnectionFactory alert(Broker at) {
        ConnectionFactory factory = factory(at);
        factory.setRequestedHeartbeat(1);
        return factory;
    }

    @Test
    void aQueueThatHasNoSingleActiveConsumerIsRefused() throws Exception {
        Queue queue = new Queue(broker, "q-" + UUID.randomUUID(), Map.of());
        queue.connected(
                channel -> channel.queueDeclare(queue.name(), true, false, false, Map.of("x-queue-type", "quorum")));
        try (Reading reading = queue.start(this::common)) {
            until(() -> reading.trouble().orElse("").contains("x-single-active-consumer"));
        }
        Reading asItIs = queue.start(subscription -> {
            common(subscription);
            ((RabbitSubscription.Builder) subscription).declared(false);
        });
        try (asItIs) {
            until(() -> asItIs.trouble().isEmpty());
        }
    }

    /** Or {@link Broker#kill9} was too early, and tests of killed brokers found nothing out about a client. */
    @Test
    @Tag("long")
    void aQueueThatWasMadeJustBeforeTheBrokerIsKilledIsThereAgain() throws Exception {
        try (Broker killed = ownBroker()) {
            Place place = place(killed);
            place.send(Fixtures.user("a", 1).build());
            killed.kill9();
            killed.restart();
            Reading reading = place.start(this::common);
            closeAtEnd(reading);
            awaitEffects(1);
            assertAllAcknowledged(place, reading);
        }
    }

    @Test
    void whatIsRejectedGoesToTheDeadLetterExchange() throws Exception {
        Queue dead = new Queue(broker, "dead-" + UUID.randomUUID(), Map.of());
        dead.make();
        Queue queue = new Queue(
                broker,
                "q-" + UUID.randomUUID(),
                Map.of("x-dead-letter-exchange", "", "x-dead-letter-routing-key", dead.name()));
        queue.make();
        fail("a@1");
        queue.send(Fixtures.user("a", 1).build(), Fixtures.user("a", 2).build());
        queue.sendGarbage();
        Reading reading = queue.start(subscription -> {
            common(subscription);
            subscription.unreadable(Unreadable.PASS_OVER);
            ((RabbitSubscription.Builder) subscription).rejectAfter(3);
        });
        try (reading) {
            until(() -> dead.left() == 2);
            awaitEffects(1);
        }
        until(() -> queue.left() == 0);
        assertThat(failures()).hasSizeGreaterThanOrEqualTo(4);
    }

    /** Once the only connection of the pool comes back, they are handled. */
    @Test
    void nothingIsRejectedBecauseTheDatabaseIsAway() throws Exception {
        Queue dead = new Queue(broker, "dead-" + UUID.randomUUID(), Map.of());
        dead.make();
        Queue queue = new Queue(
                broker,
                "q-" + UUID.randomUUID(),
                Map.of("x-dead-letter-exchange", "", "x-dead-letter-routing-key", dead.name()));
        queue.make();
        queue.send(Fixtures.user("a", 1).build(), Fixtures.user("a", 2).build());
        try (HikariDataSource exhausted = poolOfOne()) {
            Reading reading;
            try (java.sql.Connection last = exhausted.getConnection()) {
                assertThat(last.isValid(0)).isTrue();
                reading = queue.start(subscription -> {
                    common(subscription);
                    subscription.dataSource(exhausted);
                    ((RabbitSubscription.Builder) subscription).rejectAfter(3);
                });
                closeAtEnd(reading);
                until(() -> failures().size() >= 5);
            }
            awaitEffects(2);
            assertThat(failures()).hasOnlyElementsOfType(Intake.NoConnection.class);
            assertThat(dead.left()).isZero();
            assertAllAcknowledged(queue, reading);
        }
    }

    private record Queue(Broker broker, String name, Map<String, Object> arguments) implements Place {

        private interface Work {
            void with(Channel channel) throws Exception;
        }

        void connected(Work work) throws Exception {
            try (Connection connection = factory(broker).newConnection("test");
                    Channel channel = connection.createChannel()) {
                work.with(channel);
            }
        }

        void make() throws Exception {
            Map<String, Object> all = new HashMap<>(arguments);
            all.putIfAbsent("x-queue-type", "quorum");
            all.put("x-single-active-consumer", true);
            connected(channel -> channel.queueDeclare(name, true, false, false, all));
        }

        @Override
        public void send(Envelope... events) throws Exception {
            connected(channel -> {
                channel.confirmSelect();
                for (Envelope event : events) {
                    byte[] data = event.data();
                    AMQP.BasicProperties properties = new AMQP.BasicProperties.Builder()
                            .deliveryMode(2)
                            .contentType(event.dataContentType())
                            .headers(new HashMap<>(CloudEventsRabbit.headers(event)))
                            .build();
                    channel.basicPublish("", name, properties, data == null ? new byte[0] : data);
                }
                channel.waitForConfirmsOrDie();
            });
        }

        @Override
        public void sendGarbage() throws Exception {
            connected(channel -> {
                channel.confirmSelect();
                channel.basicPublish("", name, null, new byte[] {1});
                channel.waitForConfirmsOrDie();
            });
        }

        @Override
        public void takeAndDie(int messages) throws Exception {
            connected(channel -> {
                CountDownLatch taken = new CountDownLatch(messages);
                channel.basicQos(messages);
                channel.basicConsume(name, false, (tag, delivery) -> taken.countDown(), tag -> {});
                taken.await();
            });
        }

        @Override
        public Reading start(Consumer<BrokerSubscriptionBuilder<?>> settings) {
            RabbitSubscription.Builder subscription =
                    RabbitSubscription.builder().connection(alert(broker)).queue(name);
            arguments.forEach(subscription::argument);
            settings.accept(subscription);
            return subscription.build().start();
        }

        @Override
        public long left() throws Exception {
            long[] left = new long[1];
            connected(channel -> left[0] = channel.messageCount(name));
            return left[0];
        }
    }
}
