package dev.tidemark.inbox;

import dev.tidemark.envelope.CloudEventsNats;
import dev.tidemark.envelope.Envelope;
import io.nats.client.Connection;
import io.nats.client.ConsumerContext;
import io.nats.client.FetchConsumeOptions;
import io.nats.client.FetchConsumer;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeoutException;

/**
 * What was delivered over one connection and is not acknowledged, by its place in the stream. For the thread that reads;
 * only messages are settled by others.
 *
 * <p>The server numbers the deliveries of a consumer. As long as each number follows the last, nobody else was given
 * anything in between, and all comes in order. When a number is missing, everything is gathered again first. What it
 * delivers again although it is held here, or was acknowledged here, is not handed on again.
 */
final class NatsHand {

    private static final Duration WAIT = Duration.ofSeconds(1);
    private static final Duration SENT_WITHIN = Duration.ofSeconds(5);
    private static final int PAGE = 256;
    private static final int REMEMBERED = 10_000;

    private final Term term;
    private final SoleReader sole;
    private final Connection connection;
    private final ConsumerContext consumer;
    private final long keepsNanos;
    private final Lot lot;
    private final ConcurrentSkipListMap<Long, NatsMessage> held = new ConcurrentSkipListMap<>();
    private final ConcurrentSkipListSet<Long> settled = new ConcurrentSkipListSet<>(); // the last of them
    private long keptAt = System.nanoTime();
    private long delivered; // the number of the last delivery

    /** @param ackWait after which the server delivers again what was not acknowledged */
    NatsHand(
            Term term,
            SoleReader sole,
            Connection connection,
            ConsumerContext consumer,
            Duration ackWait,
            String stream) {
        this.term = term;
        this.sole = sole;
        this.connection = connection;
        this.consumer = consumer;
        this.keepsNanos = ackWait.dividedBy(4).toNanos();
        this.lot = term.lot("the stream " + stream);
    }

    void read() throws Exception {
        try (term) {
            term.reads();
            gather();
            while (!term.isStopping()) {
                readNew();
            }
        } finally {
            held.values().forEach(NatsMessage::giveBack);
            sendAll();
        }
    }

    /** What was acknowledged or given back may not be on its way yet, and closing waits for that a second at most. */
    private void sendAll() {
        if (connection.getStatus() != Connection.Status.CONNECTED) {
            return;
        }
        try {
            connection.flush(SENT_WITHIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException | IllegalStateException e) {
            // the server delivers again what it has heard nothing of
        }
    }

    /** All that was delivered and is not acknowledged, by whomever: it comes before everything that is new. */
    private void gather() throws Exception {
        SortedMap<Long, NatsMessage> gathered = new TreeMap<>();
        ConsumerInfo info = consumer.getConsumerInfo();
        while (info.getNumAckPending() > gathered.size()) {
            if (term.isStopping()) {
                return;
            }
            long pending = info.getNumAckPending();
            for (NatsMessage message : fetch(PAGE)) {
                gathered.put(message.place(), message);
                held.put(message.place(), message);
                pending += message.isFirstDelivery() ? 1 : 0;
            }
            keepWhatIsHeld();
            info = consumer.getConsumerInfo();
            if (info.getNumAckPending() < pending) { // then their number does not say that these are all
                throw new IOException("somebody else acknowledged messages meanwhile; what is open is gathered again");
            }
        }
        delivered = info.getDelivered().getConsumerSequence();
        gathered.values().forEach(lot::submit);
    }

    private void readNew() throws Exception {
        int room = lot.awaitRoom(WAIT);
        if (room <= 0) {
            sole.require();
            keepWhatIsHeld();
            return;
        }
        List<NatsMessage> fetched = fetch(Math.min(PAGE, room));
        for (NatsMessage message : fetched) {
            boolean isHeld = held.put(message.place(), message) != null;
            if (message.delivery() != delivered + 1) {
                throw new IOException("somebody else was given messages " + (delivered + 1) + " to "
                        + (message.delivery() - 1) + "; they are waited for before anything else is handled");
            }
            delivered++;
            if (settled.contains(
                    message.place())) { // its time was up just before: behind what is newer it has no place
                message.done();
            } else if (!isHeld) {
                lot.submit(message);
            }
        }
        if (!fetched.isEmpty()) {
            settled.headSet(fetched.get(fetched.size() - 1).place() - REMEMBERED)
                    .clear();
        }
        keepWhatIsHeld();
    }

    /** At least one, or none after a while. */
    @SuppressWarnings("try") // closing waits, and may be interrupted as all else here
    private List<NatsMessage> fetch(int atMost) throws Exception {
        List<NatsMessage> messages = new ArrayList<>();
        try (FetchConsumer fetched = consumer.fetch(FetchConsumeOptions.builder()
                .maxMessages(atMost)
                .noWaitExpiresIn(WAIT.toMillis())
                .build())) {
            io.nats.client.Message message = fetched.nextMessage();
            while (message != null) {
                messages.add(new NatsMessage(message, held, settled));
                message = fetched.nextMessage();
            }
        }
        if (connection.getStatus() != Connection.Status.CONNECTED) { // of which fetching says nothing
            throw new IOException("the connection is lost: " + connection.getLastError());
        }
        sole.require();
        return messages;
    }

    /** The server would take it for lost, and deliver it again. */
    private void keepWhatIsHeld() {
        long now = System.nanoTime();
        if (now - keptAt >= keepsNanos) {
            keptAt = now;
            held.values().forEach(message -> message.message().inProgress());
        }
    }

    /**
     * @param held where it is until it is settled
     * @param settled where its place is from then on
     */
    private record NatsMessage(io.nats.client.Message message, Map<Long, NatsMessage> held, Set<Long> settled)
            implements Message {

        /** In the stream. */
        long place() {
            return message.metaData().streamSequence();
        }

        boolean isFirstDelivery() {
            return message.metaData().deliveredCount() == 1;
        }

        long delivery() {
            return message.metaData().consumerSequence();
        }

        @Override
        public Envelope event() {
            Map<String, List<String>> headers = new HashMap<>();
            Headers given = message.getHeaders();
            if (given != null) {
                given.forEach((name, values) -> headers.put(name, List.copyOf(values)));
            }
            byte[] data = message.getData();
            return CloudEventsNats.read(headers, data == null ? new byte[0] : data);
        }

        @Override
        public void done() {
            message.ack();
            settled.add(place());
            held.remove(place());
        }

        /** To be delivered again at once, to whoever reads next; or later, if the connection is lost. */
        void giveBack() {
            try {
                message.nak();
            } catch (IllegalStateException e) {
                // the server waits for as long as it does for an acknowledgement
            }
        }
    }
}
