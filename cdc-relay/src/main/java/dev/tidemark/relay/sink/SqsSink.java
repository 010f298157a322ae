package dev.tidemark.relay.sink;

import dev.tidemark.envelope.Envelope;
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResponse;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResultEntry;

/**
 * Sends each envelope to a queue of Amazon SQS, up to ten in a request. Only the answer to the message itself counts;
 * what a refusal means is decided by {@link AwsOutcome}.
 *
 * <p>In a FIFO queue an aggregate is a group, whose order the queue keeps, and the event's id is the deduplication id:
 * for five minutes, one of those that are sent twice is kept, so that what a request brings late that was given up
 * does not come last. A standard queue has no order.
 */
public final class SqsSink implements Sink {

    private final AwsSending sending;

    /** A sink that looks at once whether its queue is there, if it has only one, and says so in the log. */
    public SqsSink(Settings settings) {
        SqsClient client = settings.access().client(SqsClient.builder());
        Queues service = new Queues(settings, client);
        this.sending = new AwsSending(settings.queue(), service, client);
        sending.lookAtStart(fixed -> AwsLook.at(client, fixed));
    }

    @Override
    public List<Delivery> deliver(List<Envelope> batch) throws InterruptedException {
        return sending.deliver(batch);
    }

    /** Idempotent. What is under way is given up. */
    @Override
    public void close() {
        sending.close();
    }

    /**
     * How the sink is set up.
     *
     * @param queue the URL of an event's queue; places are in its last part only
     */
    public record Settings(Template queue, AwsAccess access) {

        /** Without secrets. */
        @Override
        public String toString() {
            return "queue " + queue + ", " + access;
        }
    }

    /** SQS as one that takes messages together. */
    private record Queues(Settings settings, SqsClient client) implements AwsWay.Service {

        /** By SQS, for one message and for all of a request. */
        private static final int MOST_BYTES = 1024 * 1024;

        private static final Pattern NAME = Pattern.compile("(?=.{1,80}$)[a-zA-Z0-9_-]+(\\.fifo)?");

        @Override
        public String target(Envelope envelope) {
            return settings.queue().fill(envelope);
        }

        @Override
        public String what(String target) {
            return "sending to " + Excerpt.clean(target);
        }

        @Override
        public @Nullable String problem(String target) {
            String template = settings.queue().toString();
            int name = template.lastIndexOf('/') + 1; // what is put into the name may have slashes of its own
            return NAME.matcher(target.substring(name)).matches()
                    ? null
                    : "the name of a queue has at most 80 of a-z, A-Z, 0-9, _ and -, with .fifo at its end or not";
        }

        @Override
        public AwsMessage message(Envelope envelope, String target) throws CharacterCodingException {
            return AwsMessage.of(envelope, target);
        }

        @Override
        public int mostBytes() {
            return MOST_BYTES;
        }

        @Override
        public Duration timeout() {
            return settings.access().timeout();
        }

        @Override
        public AwsWay.Answers send(String target, List<AwsMessage> messages, Duration timeout) {
            List<SendMessageBatchRequestEntry> entries = new ArrayList<>();
            for (AwsMessage message : messages) {
                entries.add(entry(Integer.toString(entries.size()), message));
            }
            SendMessageBatchResponse response = client.sendMessageBatch(request -> request.queueUrl(target)
                    .entries(entries)
                    .overrideConfiguration(override -> override.apiCallTimeout(timeout)));
            Map<String, String> refused = new HashMap<>();
            response.failed().forEach(entry -> refused.put(entry.id(), String.valueOf(entry.code())));
            return new AwsWay.Answers(
                    response.successful().stream()
                            .map(SendMessageBatchResultEntry::id)
                            .collect(Collectors.toSet()),
                    refused);
        }

        private static SendMessageBatchRequestEntry entry(String id, AwsMessage message) {
            Map<String, MessageAttributeValue> attributes = new HashMap<>();
            message.attributes()
                    .forEach((name, value) -> attributes.put(
                            name,
                            MessageAttributeValue.builder()
                                    .dataType("String")
                                    .stringValue(value)
                                    .build()));
            SendMessageBatchRequestEntry.Builder entry = SendMessageBatchRequestEntry.builder()
                    .id(id)
                    .messageBody(message.body())
                    .messageAttributes(attributes);
            AwsMessage.Fifo fifo = message.fifo();
            return fifo == null
                    ? entry.build()
                    : entry.messageGroupId(fifo.group())
                            .messageDeduplicationId(fifo.deduplication())
                            .build();
        }
    }
}
