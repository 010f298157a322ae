package dev.tidemark.relay.sink;

import java.time.Duration;
import java.util.Optional;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * What SQS says to the user of a sink, before any event is sent.
 *
 * @param unreachable why it cannot be asked; empty if it can
 * @param unfit why nothing can be sent to the queue; empty if something can
 */
public record SqsLook(String unreachable, String unfit) {

    /**
     * Asks for the attributes of the queue; empty if that is another one for each event.
     *
     * @param most how long it may take, if the sink itself would wait longer
     */
    public static Optional<SqsLook> at(SqsSink.Settings settings, Duration most) {
        return settings.queue().fixed().map(queue -> at(queue, settings.access().within(most)));
    }

    private static SqsLook at(String queue, AwsAccess access) {
        try (SqsClient client = access.client(SqsClient.builder())) {
            ask(client, queue);
            return new SqsLook("", "");
        } catch (AwsServiceException e) {
            return new SqsLook("", AwsOutcome.reason(e));
        } catch (SdkException e) {
            return new SqsLook(AwsOutcome.reason(e), "");
        }
    }

    /** The same with a client that is there: empty if events can be sent. */
    static String problem(SqsClient client, String queue) {
        try {
            ask(client, queue);
            return "";
        } catch (SdkException e) {
            return AwsOutcome.reason(e);
        }
    }

    private static void ask(SqsClient client, String queue) {
        client.getQueueAttributes(request -> request.queueUrl(queue).attributeNames(QueueAttributeName.QUEUE_ARN));
    }
}
