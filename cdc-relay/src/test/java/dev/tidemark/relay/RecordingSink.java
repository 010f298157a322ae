package dev.tidemark.relay;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.sink.Delivery;
import dev.tidemark.relay.sink.Sink;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.awaitility.Awaitility;

/** Keeps what it is given, and answers as a test tells it to. */
final class RecordingSink implements Sink {

    private final List<Envelope> delivered = new ArrayList<>();
    private Function<Envelope, Delivery> answer = envelope -> Delivery.delivered();

    /** What each envelope is answered from now on; only those answered delivered are kept. */
    synchronized void answer(Function<Envelope, Delivery> answer) {
        this.answer = answer;
    }

    @Override
    public synchronized List<Delivery> deliver(List<Envelope> batch) {
        Set<Aggregate> stuck = new HashSet<>();
        List<Delivery> answers = new ArrayList<>();
        for (Envelope envelope : batch) {
            Delivery outcome = stuck.contains(envelope.aggregate()) ? Delivery.notAttempted() : answer.apply(envelope);
            answers.add(outcome);
            if (outcome instanceof Delivery.Delivered) {
                delivered.add(envelope);
            } else {
                stuck.add(envelope.aggregate());
            }
        }
        return answers;
    }

    synchronized List<Envelope> delivered() {
        return List.copyOf(delivered);
    }

    /** Without repetitions, in the order of their first delivery. */
    List<UUID> firstDeliveries() {
        return delivered().stream().map(Envelope::id).distinct().toList();
    }

    void awaitDistinct(int count) {
        Awaitility.await().until(() -> firstDeliveries().size() >= count);
    }
}
