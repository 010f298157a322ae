package dev.tidemark.relay.sink;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One batch on its way in few requests, one after the other, driven by the lane's thread. A request has one answer for
 * all of its events: one that is refused is halved, the first half first, until the event is alone that the receiver
 * does not take; then nothing later of its aggregate is sent, and the others are.
 */
final class HttpBatch {

    private static final int BRACKETS = 2;

    private final List<Envelope> batch;
    private final HttpWay way;
    private final Delivery[] deliveries;
    private final Set<Aggregate> held = new HashSet<>(); // something of them did not arrive
    private boolean halted;

    HttpBatch(List<Envelope> batch, HttpWay way) {
        this.batch = batch;
        this.way = way;
        this.deliveries = new Delivery[batch.size()];
        Arrays.fill(deliveries, Delivery.notAttempted());
    }

    /** One outcome for each envelope, in the order of the batch. */
    List<Delivery> deliver() throws InterruptedException {
        List<Part> parts = new ArrayList<>();
        long bytes = BRACKETS;
        for (int i = 0; i < batch.size() && !halted; i++) {
            Part part = new Part(i, batch.get(i), CloudEventsJson.write(batch.get(i)));
            long more = part.json.length + 1L;
            if (!parts.isEmpty() && bytes + more > way.settings().maxBytes()) {
                send(parts);
                parts = new ArrayList<>();
                bytes = BRACKETS;
            }
            parts.add(part);
            bytes += more;
        }
        send(parts);
        return List.of(deliveries);
    }

    private void send(List<Part> parts) throws InterruptedException {
        List<Part> open = parts.stream()
                .filter(part -> !held.contains(part.envelope.aggregate()))
                .toList();
        if (halted || open.isEmpty()) {
            return;
        }
        Pipeline.Outcome outcome = attempt(open);
        Delivery delivery = outcome.delivery();
        if (delivery instanceof Delivery.Delivered) {
            open.forEach(part -> deliveries[part.index] = delivery);
        } else if (open.size() == 1 || outcome.halts()) {
            halted = outcome.halts();
            open.forEach(part -> hold(part, delivery));
        } else {
            int half = open.size() / 2;
            send(open.subList(0, half));
            send(open.subList(half, open.size()));
        }
    }

    /** Those behind the first of an aggregate count as not attempted. */
    private void hold(Part part, Delivery delivery) {
        if (held.add(part.envelope.aggregate())) {
            deliveries[part.index] = delivery;
        }
    }

    private Pipeline.Outcome attempt(List<Part> parts) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("stopped between two requests");
        }
        Pipeline.Attempt attempt = way.begin(
                parts.stream().map(part -> part.envelope).toList(),
                CloudEventsJson.batch(parts.stream().map(part -> part.json).toList()));
        try {
            attempt.end().get(way.settings().timeout().toNanos(), TimeUnit.NANOSECONDS);
            return attempt.outcome(null);
        } catch (TimeoutException e) {
            attempt.end().cancel(true);
            return attempt.outcome(null);
        } catch (ExecutionException e) {
            Throwable failure = e.getCause() == null ? e : e.getCause();
            Pipeline.throwIfError(failure);
            return attempt.outcome(failure);
        } finally {
            attempt.end().cancel(true); // after an interrupt or a bug nobody waits for it any more
        }
    }

    /** An event, and how it is written. */
    private static final class Part {

        private final int index;
        private final Envelope envelope;
        private final byte[] json;

        private Part(int index, Envelope envelope, byte[] json) {
            this.index = index;
            this.envelope = envelope;
            this.json = json;
        }
    }
}
