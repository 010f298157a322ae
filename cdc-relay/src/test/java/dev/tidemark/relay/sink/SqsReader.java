package dev.tidemark.relay.sink;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Breakable;
import dev.tidemark.testkit.Broker;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** Receives from a queue as others do: what it has received is gone from there, and stays here. */
final class SqsReader {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final String ACCOUNT = "/000000000000/";

    private final Broker broker;
    private final String queue;
    private final List<Message> received = new ArrayList<>();

    SqsReader(Broker broker, String queue) {
        this.broker = broker;
        this.queue = queue;
    }

    static String url(String place, String queue) {
        return "http://" + place + ACCOUNT + queue;
    }

    static AwsAccess access(String place, Duration timeout) {
        return new AwsAccess("eu-central-1", URI.create("http://" + place), "key", "hunter2", timeout);
    }

    private static String place(Broker broker) {
        return broker.host() + ":" + broker.port();
    }

    static void create(Broker broker, String queue) {
        try (SqsClient client = access(place(broker), LONG).client(SqsClient.builder())) {
            client.createQueue(request -> request.queueName(queue)
                    .attributes(queue.endsWith(".fifo") ? Map.of(QueueAttributeName.FIFO_QUEUE, "true") : Map.of()));
        }
    }

    /** All that has arrived so far; each group in its order. */
    List<Message> messages() {
        String url = url(place(broker), queue);
        try (SqsClient client = access(place(broker), LONG).client(SqsClient.builder())) {
            while (true) {
                List<Message> some = client.receiveMessage(request ->
                                request.queueUrl(url).maxNumberOfMessages(10).messageAttributeNames("All"))
                        .messages();
                if (some.isEmpty()) {
                    return received;
                }
                received.addAll(some);
                some.forEach(message ->
                        client.deleteMessage(request -> request.queueUrl(url).receiptHandle(message.receiptHandle())));
            }
        }
    }

    List<Envelope> events() {
        return messages().stream()
                .map(message -> CloudEventsJson.read(message.body().getBytes(StandardCharsets.UTF_8)))
                .toList();
    }

    /** A server with one queue, which is there again after a restart; what was in it when it died is here. */
    static final class Server implements Breakable {

        static final String QUEUE = "events.fifo";

        private final Broker broker = Broker.sqs();
        private final SqsReader reader = new SqsReader(broker, QUEUE);

        Server() {
            create(broker, QUEUE);
        }

        String url() {
            return SqsReader.url(place(broker), QUEUE);
        }

        AwsAccess access(Duration timeout) {
            return SqsReader.access(place(broker), timeout);
        }

        List<Envelope> events() {
            return reader.events();
        }

        /** It keeps nothing on a disk, as SQS does, so what it has answered is saved first. */
        @Override
        public void kill9() {
            reader.messages();
            broker.kill9();
        }

        @Override
        public void freeze() {
            broker.freeze();
        }

        @Override
        public void wake() {
            broker.wake();
        }

        @Override
        public void restart() {
            broker.restart();
            create(broker, QUEUE);
        }

        @Override
        public void close() {
            broker.close();
        }
    }
}
