package dev.tidemark.inbox;

import dev.tidemark.envelope.CloudEventsKafka;
import dev.tidemark.envelope.Envelope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partitions that a member of a group has, and how far each is handled. For the thread that polls, in whose calls it is
 * told of rebalances; only {@link Part#done} is called by others.
 */
final class KafkaPartitions implements ConsumerRebalanceListener {

    private static final Logger log = LoggerFactory.getLogger(KafkaPartitions.class);

    private final Consumer<byte[], byte @Nullable []> consumer;
    private final Term term;
    private final Map<TopicPartition, Part> parts = new HashMap<>();

    KafkaPartitions(Consumer<byte[], byte @Nullable []> consumer, Term term) {
        this.consumer = consumer;
        this.term = term;
    }

    /** Hands on what was polled, holds partitions back that have enough, and commits how far the others are. */
    void take(ConsumerRecords<byte[], byte @Nullable []> records) {
        for (ConsumerRecord<byte[], byte @Nullable []> record : records) {
            Part part = part(new TopicPartition(record.topic(), record.partition()));
            part.received(record.offset());
            part.lot.submit(new KafkaMessage(record, part));
        }
        List<TopicPartition> full = new ArrayList<>();
        List<TopicPartition> free = new ArrayList<>();
        parts.forEach((partition, part) -> (part.lot.room() > 0 ? free : full).add(partition));
        consumer.pause(full);
        consumer.resume(free);
        Map<TopicPartition, OffsetAndMetadata> done = news(parts.keySet());
        if (!done.isEmpty()) {
            consumer.commitAsync(done, this::committed);
        }
    }

    private Part part(TopicPartition partition) {
        return parts.computeIfAbsent(partition, one -> new Part(term.lot(one.toString())));
    }

    private Map<TopicPartition, OffsetAndMetadata> news(Collection<TopicPartition> partitions) {
        Map<TopicPartition, OffsetAndMetadata> news = new HashMap<>();
        for (TopicPartition partition : partitions) {
            Part part = parts.get(partition);
            if (part != null && part.handledTo() > part.committed) {
                news.put(partition, new OffsetAndMetadata(part.handledTo()));
            }
        }
        return news;
    }

    /** What could not be committed is the next time; until then it would be delivered again, and the inbox knows it. */
    private void committed(Map<TopicPartition, OffsetAndMetadata> offsets, @Nullable Exception failure) {
        if (failure != null) {
            log.debug("Offsets {} could not be committed", offsets, failure);
            return;
        }
        offsets.forEach((partition, offset) -> {
            Part part = parts.get(partition);
            if (part != null) {
                part.committed = Math.max(part.committed, offset.offset());
            }
        });
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        // each begins with its first record
    }

    /** Another member gets them: what is being handled is waited for, and the rest is its. */
    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        end(partitions);
        Map<TopicPartition, OffsetAndMetadata> done = news(partitions);
        try {
            if (!done.isEmpty()) {
                consumer.commitSync(done);
            }
        } catch (InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            log.debug("Offsets {} could not be committed; their records are handled again", done, e);
        }
        partitions.forEach(parts::remove);
    }

    /** Another member has them already, and this one may not commit. */
    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
        end(partitions);
        partitions.forEach(parts::remove);
    }

    private void end(Collection<TopicPartition> partitions) {
        List<Lot> lots = partitions.stream()
                .filter(parts::containsKey)
                .map(partition -> part(partition).lot)
                .toList();
        try {
            term.end(lots);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /** One partition. */
    private static final class Part {

        final Lot lot;
        long committed = -1;
        private final TreeSet<Long> open = new TreeSet<>();
        private long next = -1;

        Part(Lot lot) {
            this.lot = lot;
        }

        synchronized void received(long offset) {
            open.add(offset);
            next = offset + 1;
        }

        synchronized void done(long offset) {
            open.remove(offset);
        }

        /** The offset before which everything is handled. */
        synchronized long handledTo() {
            return open.isEmpty() ? next : open.first();
        }
    }

    private record KafkaMessage(ConsumerRecord<byte[], byte @Nullable []> record, Part part) implements Message {

        @Override
        public Envelope event() {
            Map<String, List<byte @Nullable []>> headers = new HashMap<>();
            for (Header header : record.headers()) {
                headers.computeIfAbsent(header.key(), name -> new ArrayList<>()).add(header.value());
            }
            return CloudEventsKafka.read(headers, record.value());
        }

        @Override
        public void done() {
            part.done(record.offset());
        }
    }
}
