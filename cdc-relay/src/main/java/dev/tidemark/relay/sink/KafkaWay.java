package dev.tidemark.relay.sink;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.CloudEventsKafka;
import dev.tidemark.envelope.Envelope;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Sends an envelope as a record.
 *
 * @param unfit why nothing is sent to some topics
 */
record KafkaWay(
        KafkaSink.Settings settings,
        KafkaLink link,
        KafkaLink.Clients clients,
        KafkaTopics topics,
        Map<String, String> unfit)
        implements Pipeline.Way {

    @Override
    public Pipeline.Attempt begin(Envelope envelope) throws InterruptedException {
        String topic = settings.topic().fill(envelope);
        String what = "sending to topic " + Excerpt.clean(topic) + " of " + settings.place();
        if (!KafkaTopics.isName(topic)) {
            String rule = ": a topic has at most 249 of a-z, A-Z, 0-9, dot, _ and -";
            return Pipeline.ended(new Pipeline.Outcome(Delivery.rejected(what + rule), false));
        }
        String why = unfit.get(topic);
        if (why != null) {
            return Pipeline.ended(new Pipeline.Outcome(Delivery.retry(what + ": " + why), false));
        }
        Sending sending = new Sending(what, topic);
        send(record(topic, envelope), sending.end);
        return sending;
    }

    /** Waits only where the buffer is full, or the partitions of the topic must be asked for. */
    @SuppressWarnings("FutureReturnValueIgnored") // the callback is told the same
    private void send(ProducerRecord<byte[], byte[]> record, CompletableFuture<RecordMetadata> end)
            throws InterruptedException {
        try {
            clients.producer().send(record, (metadata, failure) -> {
                if (failure == null) {
                    end.complete(metadata);
                } else {
                    end.completeExceptionally(failure);
                }
            });
        } catch (InterruptException e) {
            Thread.interrupted(); // what is thrown says so
            throw new InterruptedException("stopped while a record was handed over");
        } catch (KafkaException | IllegalStateException e) { // closed, or of no use any more
            end.completeExceptionally(e);
        }
    }

    private ProducerRecord<byte[], byte[]> record(String topic, Envelope envelope) {
        boolean structured = settings.mode() == KafkaSink.Mode.STRUCTURED;
        byte[] value = structured ? CloudEventsJson.write(envelope) : envelope.data();
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, CloudEventsKafka.key(envelope), value);
        Map<String, byte[]> headers =
                structured ? CloudEventsKafka.structuredHeaders() : CloudEventsKafka.headers(envelope);
        headers.forEach(record.headers()::add);
        return record;
    }

    private final class Sending implements Pipeline.Attempt {

        private final String what;
        private final String topic;
        private final CompletableFuture<RecordMetadata> end = new CompletableFuture<>();

        private Sending(String what, String topic) {
            this.what = what;
            this.topic = topic;
        }

        @Override
        public CompletableFuture<?> end() {
            return end;
        }

        @Override
        public Pipeline.Outcome outcome(@Nullable Throwable failure) {
            if (end.isCancelled()) {
                topics.forget(topic);
                String why = "no acknowledgement within " + settings.timeout().toMillis() + " ms";
                return new Pipeline.Outcome(Delivery.retry(what + ": " + why), true);
            }
            if (failure == null) {
                return new Pipeline.Outcome(Delivery.delivered(), false);
            }
            Throwable cause = Pipeline.unwrapped(failure);
            if (KafkaOutcome.concernsTheTopic(cause)) {
                topics.forget(topic);
            }
            if (KafkaOutcome.refusesTheProducer(cause)) {
                link.refused(clients);
            }
            return KafkaOutcome.of(cause, what);
        }
    }
}
