package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.sun.net.httpserver.HttpServer;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Broker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** Against ElasticMQ, which speaks the protocol of SQS and keeps nothing when it ends. */
final class SqsSubscriptionTest extends SlowSubscriptionContract {

    private static Broker broker;

    @BeforeAll
    static void startBroker() {
        broker = Broker.sqs();
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
        return Broker.sqs();
    }

    @Override
    Place place(Broker at) {
        Queue queue = queue(at, UUID.randomUUID() + ".fifo");
        queue.make();
        return queue;
    }

    /** Four bytes of base64 for three. */
    @Override
    int largePayload() {
        return 700_000;
    }

    @Override
    void restarted(Place place, Envelope[] sent) {
        Queue queue = (Queue) place;
        queue.make();
        queue.send(sent);
    }

    @Override
    Reading startExample(DataSource database, Handler<SQLException> rename) {
        SqsClient client = client(at(broker));
        closeAtEnd(client);
        return Examples.sqs(database, client, queue(broker, "example.fifo").url(), rename);
    }

    @Override
    Place placeOfExample() {
        Queue queue = queue(broker, "example.fifo");
        queue.make();
        return queue;
    }

    /** ElasticMQ lets everybody read. */
    @Override
    Reading startAsStranger(Consumer<BrokerSubscriptionBuilder<?>> settings) {
        try {
            HttpServer refusing = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            refusing.createContext("/", exchange -> {
                exchange.getRequestBody().readAllBytes();
                byte[] answer = ("{\"__type\":\"com.amazon.coral.service#UnrecognizedClientException\","
                                + "\"message\":\"The security token included in the request is invalid.\"}")
                        .getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("content-type", "application/x-amz-json-1.0");
                exchange.sendResponseHeaders(403, answer.length);
                exchange.getResponseBody().write(answer);
                exchange.close();
            });
            refusing.start();
            closeAtEnd(() -> refusing.stop(0));
            return start(
                    client(URI.create(
                            "http://127.0.0.1:" + refusing.getAddress().getPort())),
                    "any.fifo",
                    settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Reading start(SqsClient client, String url, Consumer<BrokerSubscriptionBuilder<?>> settings) {
        SqsSubscription.Builder subscription =
                SqsSubscription.builder().client(client).queue(url);
        settings.accept(subscription);
        return subscription.build().start();
    }

    private static URI at(Broker broker) {
        return URI.create("http://" + broker.host() + ":" + broker.port());
    }

    private static SqsClient client(URI endpoint) {
        return SqsClient.builder()
                .endpointOverride(endpoint)
                .region(Region.EU_CENTRAL_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "sesame")))
                .overrideConfiguration(override -> override.apiCallTimeout(Duration.ofSeconds(8)))
                .build();
    }

    private Queue queue(Broker at, String name) {
        SqsClient client = client(at(at));
        closeAtEnd(client);
        return new Queue(client, at(at) + "/000000000000/" + name);
    }

    @Test
    void aQueueThatIsNotThereIsWaitedFor() {
        Queue queue = queue(broker, "late.fifo");
        try (Reading reading = queue.start(this::common)) {
            until(() -> reading.trouble().orElse("").contains("the queue is not there"));
            queue.make();
            queue.send(user("a", 1).build());
            awaitEffects(1);
        }
    }

    @Test
    void whereThereIsNoOrderTheInboxMustWait() {
        Queue queue = queue(broker, "standard");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> queue.start(this::common))
                .withMessageContaining("is not FIFO and keeps no order")
                .withMessageContaining("GapPolicy.WAIT");
    }

    @Test
    void whatComesTooEarlyIsDeliveredAgain() throws Exception {
        Queue queue = queue(broker, "standard");
        queue.make();
        queue.send(
                user("a", 4).build(),
                user("a", 3).build(),
                user("b", 1).build(),
                user("a", 2).build());
        Reading reading = queue.start(subscription -> {
            common(subscription);
            subscription.inbox(Inbox.builder("reporting")
                    .gapPolicy(GapPolicy.FAIL)
                    .firstEvent(FirstEvent.BEGINNING)
                    .build());
        });
        awaitEffects(1);
        queue.send(user("a", 1).build());
        awaitEffects(5);
        reading.close();
        until(() -> queue.left() == 0);
        assertThat(effects("a")).containsExactly("1", "2", "3", "4");
    }

    @Test
    void whatComesTooEarlyMayWaitInTheInbox() throws Exception {
        Queue queue = queue(broker, "standard-waiting");
        queue.make();
        queue.send(user("a", 4).build(), user("a", 3).build(), user("b", 1).build());
        Reading reading = queue.start(subscription -> {
            common(subscription);
            subscription.inbox(Inbox.builder("reporting")
                    .gapPolicy(GapPolicy.WAIT)
                    .firstEvent(FirstEvent.BEGINNING)
                    .build());
        });
        awaitEffects(1);
        until(() -> queue.left() == 0); // the queue need not keep what waits
        queue.send(user("a", 2).build(), user("a", 1).build());
        awaitEffects(5);
        reading.close();
        assertThat(effects("a")).containsExactly("1", "2", "3", "4");
    }

    private record Queue(SqsClient client, String url) implements Place {

        void make() {
            String name = url.substring(url.lastIndexOf('/') + 1);
            client.createQueue(request -> request.queueName(name)
                    .attributes(name.endsWith(".fifo") ? Map.of(QueueAttributeName.FIFO_QUEUE, "true") : Map.of()));
        }

        private void send(String body, String aggregate) {
            client.sendMessage(request -> {
                request.queueUrl(url).messageBody(body);
                if (url.endsWith(".fifo")) {
                    request.messageGroupId(HexFormat.of().formatHex(aggregate.getBytes(StandardCharsets.UTF_8)))
                            .messageDeduplicationId(UUID.randomUUID().toString());
                }
            });
        }

        @Override
        public void send(Envelope... events) {
            for (Envelope event : events) {
                send(
                        new String(CloudEventsJson.write(event), StandardCharsets.UTF_8),
                        event.aggregate().id());
            }
        }

        @Override
        public void sendGarbage() {
            send("{}", "a");
        }

        @Override
        public void takeAndDie(int messages) {
            int taken = 0;
            while (taken < messages) {
                int most = messages - taken;
                taken += client.receiveMessage(request ->
                                request.queueUrl(url).maxNumberOfMessages(most).visibilityTimeout(2))
                        .messages()
                        .size();
            }
        }

        @Override
        public Reading start(Consumer<BrokerSubscriptionBuilder<?>> settings) {
            return SqsSubscriptionTest.start(client, url, settings);
        }

        @Override
        public long left() {
            return client
                    .getQueueAttributes(request -> request.queueUrl(url).attributeNames(QueueAttributeName.ALL))
                    .attributes()
                    .entrySet()
                    .stream()
                    .filter(attribute -> attribute.getKey().toString().startsWith("ApproximateNumberOfMessages"))
                    .mapToLong(attribute -> Long.parseLong(attribute.getValue()))
                    .sum();
        }
    }
}
