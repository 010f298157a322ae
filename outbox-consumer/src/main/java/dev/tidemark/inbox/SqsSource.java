package dev.tidemark.inbox;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;

/** A queue of Amazon SQS. */
final class SqsSource implements Source {

    private static final Logger log = LoggerFactory.getLogger(SqsSource.class);
    private static final Duration WAIT = Duration.ofSeconds(5); // closing waits for it
    private static final Duration ROOM = Duration.ofSeconds(1);
    private static final Duration HIDDEN = Duration.ofSeconds(30);
    private static final int MOST_AT_ONCE = 10;
    private static final int TOO_EARLY_SECONDS = 2;

    private final SqsClient client;
    private final String queue;

    SqsSource(SqsClient client, String queue) {
        this.client = client;
        this.queue = queue;
    }

    boolean isFifo() {
        return queue.endsWith(".fifo");
    }

    @Override
    public String place() {
        return "SQS, queue " + queue;
    }

    @Override
    public void read(Term term) throws InterruptedException {
        try {
            client.getQueueAttributes(request -> request.queueUrl(queue).attributeNames(QueueAttributeName.FIFO_QUEUE));
            new Hand(term, term.lot("the queue " + queue)).read();
        } catch (QueueDoesNotExistException e) {
            throw new IllegalStateException("the queue is not there; it is waited for", e);
        } catch (AbortedException e) {
            throw new InterruptedException();
        }
    }

    /** What was received and is not deleted, by the id of the message. For the thread that reads; others settle messages. */
    private final class Hand {

        private final Term term;
        private final Lot lot;
        private final Map<String, SqsMessage> held = new ConcurrentHashMap<>();
        private long hiddenAt = System.nanoTime();

        Hand(Term term, Lot lot) {
            this.term = term;
            this.lot = lot;
        }

        void read() throws InterruptedException {
            try (term) {
                while (!term.isStopping()) {
                    int room = lot.awaitRoom(ROOM);
                    if (room > 0) {
                        receive(Math.min(MOST_AT_ONCE, room));
                    }
                    term.reads();
                    hideWhatIsHeld();
                }
            } finally {
                change(List.copyOf(held.values()), Duration.ZERO); // for the next one to have it at once
            }
        }

        private void receive(int atMost) {
            client.receiveMessage(request -> request.queueUrl(queue)
                            .maxNumberOfMessages(atMost)
                            .waitTimeSeconds((int) WAIT.toSeconds())
                            .visibilityTimeout((int) HIDDEN.toSeconds()))
                    .messages()
                    .forEach(message -> {
                        SqsMessage received = new SqsMessage(message, held);
                        if (held.put(message.messageId(), received) == null) { // a standard queue may deliver it twice
                            lot.submit(received);
                        }
                    });
        }

        /** SQS would take it for lost, and deliver it again. */
        private void hideWhatIsHeld() {
            long now = System.nanoTime();
            if (now - hiddenAt >= HIDDEN.dividedBy(3).toNanos()) {
                hiddenAt = now;
                change(List.copyOf(held.values()), HIDDEN);
            }
        }

        /** One of these that was hidden for too short a time is delivered again; the inbox knows it. */
        private void change(List<SqsMessage> messages, Duration visibility) {
            for (int from = 0; from < messages.size(); from += MOST_AT_ONCE) {
                List<ChangeMessageVisibilityBatchRequestEntry> entries = new ArrayList<>();
                for (SqsMessage message : messages.subList(from, Math.min(messages.size(), from + MOST_AT_ONCE))) {
                    entries.add(ChangeMessageVisibilityBatchRequestEntry.builder()
                            .id(Integer.toString(entries.size()))
                            .receiptHandle(message.message().receiptHandle())
                            .visibilityTimeout((int) visibility.toSeconds())
                            .build());
                }
                try {
                    client.changeMessageVisibilityBatch(
                            request -> request.queueUrl(queue).entries(entries));
                } catch (SdkException e) {
                    log.debug("The visibility of messages in {} could not be changed", queue, e);
                }
            }
        }
    }

    /** One that was received, and is held until it is settled. */
    private final class SqsMessage implements Message {

        private final software.amazon.awssdk.services.sqs.model.Message message;
        private final Map<String, SqsMessage> held;

        SqsMessage(software.amazon.awssdk.services.sqs.model.Message message, Map<String, SqsMessage> held) {
            this.message = message;
            this.held = held;
        }

        software.amazon.awssdk.services.sqs.model.Message message() {
            return message;
        }

        @Override
        public Envelope event() {
            return CloudEventsJson.read(message.body().getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public void done() {
            held.remove(message.messageId());
            client.deleteMessage(request -> request.queueUrl(queue).receiptHandle(message.receiptHandle()));
        }

        /** What comes too early must not wait in front of what it waits for. */
        @Override
        public boolean givenUp(int attempts, Exception failure) {
            if (isFifo() || !(failure instanceof VersionGap)) {
                return false;
            }
            held.remove(message.messageId());
            try {
                client.changeMessageVisibility(request -> request.queueUrl(queue)
                        .receiptHandle(message.receiptHandle())
                        .visibilityTimeout(TOO_EARLY_SECONDS));
            } catch (SdkException e) { // it comes again all the same, when SQS shows it again
                log.debug("The visibility of a message in {} could not be changed", queue, e);
            }
            return true;
        }
    }
}
