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
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sns.model.MessageAttributeValue;
import software.amazon.awssdk.services.sns.model.PublishBatchRequestEntry;
import software.amazon.awssdk.services.sns.model.PublishBatchResponse;
import software.amazon.awssdk.services.sns.model.PublishBatchResultEntry;

/**
 * Publishes each envelope to a topic of Amazon SNS, up to ten in a request, as {@link SqsSink} sends them to queues.
 *
 * <p>A FIFO topic has groups and deduplication as a FIFO queue has, and hands both on to the FIFO queues that are
 * subscribed to it. Besides there are attributes that a subscription can filter by.
 */
public final class SnsSink implements Sink {

    private final AwsSending sending;

    /** A sink that looks at once whether its topic is there, if it has only one, and says so in the log. */
    public SnsSink(Settings settings) {
        SnsClient client = settings.access().client(SnsClient.builder());
        Topics service = new Topics(settings, client);
        this.sending = new AwsSending(settings.topic(), service, client);
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
     * @param topic the ARN of an event's topic; places are in its last part only
     */
    public record Settings(Template topic, AwsAccess access) {

        /** Without secrets. */
        @Override
        public String toString() {
            return "topic " + topic + ", " + access;
        }
    }

    /** SNS as one that takes messages together. */
    private record Topics(Settings settings, SnsClient client) implements AwsWay.Service {

        /** By SNS, for one message and for all of a request. */
        private static final int MOST_BYTES = 256 * 1024;

        private static final Pattern NAME = Pattern.compile("(?=.{1,256}$)[a-zA-Z0-9_-]+(\\.fifo)?");

        @Override
        public String target(Envelope envelope) {
            return settings.topic().fill(envelope);
        }

        @Override
        public String what(String target) {
            return "publishing to " + Excerpt.clean(target);
        }

        @Override
        public @Nullable String problem(String target) {
            String template = settings.topic().toString();
            int name = template.lastIndexOf(':') + 1; // what is put into the name may have colons of its own
            return NAME.matcher(target.substring(name)).matches()
                    ? null
                    : "the name of a topic has at most 256 of a-z, A-Z, 0-9, _ and -, with .fifo at its end or not";
        }

        @Override
        public AwsMessage message(Envelope envelope, String target) throws CharacterCodingException {
            return AwsMessage.of(envelope, target)
                    .with("source", envelope.aggregate().source())
                    .with("tenantid", envelope.aggregate().tenantId())
                    .with("aggregatetype", envelope.aggregate().type())
                    .with("type", envelope.type());
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
            List<PublishBatchRequestEntry> entries = new ArrayList<>();
            for (AwsMessage message : messages) {
                entries.add(entry(Integer.toString(entries.size()), message));
            }
            PublishBatchResponse response = client.publishBatch(request -> request.topicArn(target)
                    .publishBatchRequestEntries(entries)
                    .overrideConfiguration(override -> override.apiCallTimeout(timeout)));
            Map<String, String> refused = new HashMap<>();
            response.failed().forEach(entry -> refused.put(entry.id(), String.valueOf(entry.code())));
            return new AwsWay.Answers(
                    response.successful().stream()
                            .map(PublishBatchResultEntry::id)
                            .collect(Collectors.toSet()),
                    refused);
        }

        private static PublishBatchRequestEntry entry(String id, AwsMessage message) {
            Map<String, MessageAttributeValue> attributes = new HashMap<>();
            message.attributes()
                    .forEach((name, value) -> attributes.put(
                            name,
                            MessageAttributeValue.builder()
                                    .dataType("String")
                                    .stringValue(value)
                                    .build()));
            PublishBatchRequestEntry.Builder entry = PublishBatchRequestEntry.builder()
                    .id(id)
                    .message(message.body())
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
