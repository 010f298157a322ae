package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.relay.sink.Delivery;
import dev.tidemark.relay.sink.Sink;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Answers as it was told, batch by batch, and everything after that delivered; writes down what it was given. */
final class ScriptedSink implements Sink {

    /** Such as {@code [a@1, b@1]}, one for each call. */
    final List<List<String>> batches = new ArrayList<>();

    private final Deque<List<Delivery>> script = new ArrayDeque<>();

    void thenAnswer(Delivery... outcomes) {
        script.add(List.of(outcomes));
    }

    @Override
    public List<Delivery> deliver(List<Envelope> batch) {
        batches.add(batch.stream().map(Events::label).toList());
        List<Delivery> answer = script.poll();
        return answer != null
                ? answer
                : batch.stream().map(e -> Delivery.delivered()).toList();
    }
}
