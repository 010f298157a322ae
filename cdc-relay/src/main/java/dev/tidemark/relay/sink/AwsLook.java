package dev.tidemark.relay.sink;

import java.time.Duration;
import java.util.Optional;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * What SQS or SNS says to the user of a sink, before any event is sent.
 *
 * @param unreachable why it cannot be asked; empty if it can
 * @param unfit why nothing can be sent to the queue or topic; empty if something can
 */
public record AwsLook(String unreachable, String unfit) {

    /**
     * Asks for the attributes of the queue; empty if that is another one for each event.
     *
     * @param most how long it may take, if the sink itself would wait longer
     */
    public static Optional<AwsLook> at(SqsSink.Settings settings, Duration most) {
        return settings.queue().fixed().map(queue -> {
            try (SqsClient client = settings.access().within(most).client(SqsClient.builder())) {
                return at(client, queue);
            }
        });
    }

    /** The same for a topic. */
    public static Optional<AwsLook> at(SnsSink.Settings settings, Duration most) {
        return settings.topic().fixed().map(topic -> {
            try (SnsClient client = settings.access().within(most).client(SnsClient.builder())) {
                return at(client, topic);
            }
        });
    }

    static AwsLook at(SqsClient client, String queue) {
        return of(() -> client.getQueueAttributes(
                request -> request.queueUrl(queue).attributeNames(QueueAttributeName.QUEUE_ARN)));
    }

    static AwsLook at(SnsClient client, String topic) {
        return of(() -> client.getTopicAttributes(request -> request.topicArn(topic)));
    }

    private static AwsLook of(Runnable question) {
        try {
            question.run();
            return new AwsLook("", "");
        } catch (AwsServiceException e) {
            return new AwsLook("", AwsOutcome.reason(e));
        } catch (SdkException e) {
            return new AwsLook(AwsOutcome.reason(e), "");
        }
    }

    /** One of the two; empty if events can be sent. */
    String problem() {
        return unreachable + unfit;
    }
}
