package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.sink.Delivery;
import dev.tidemark.relay.sink.Sink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** Fails at random, but keeps the promise of a sink; fails the test if it is given events in another order. */
final class UnreliableSink implements Sink {

    private final SplittableRandom random;
    private final double failureRate;
    private final Map<Aggregate, Long> newest = new HashMap<>();
    private final List<String> disorder = new ArrayList<>();
    private int delivered;

    UnreliableSink(long seed, double failureRate) {
        this.random = new SplittableRandom(seed);
        this.failureRate = failureRate;
    }

    @Override
    public synchronized List<Delivery> deliver(List<Envelope> batch) {
        Set<Aggregate> failed = new HashSet<>();
        List<Delivery> answer = new ArrayList<>();
        for (Envelope envelope : batch) {
            if (failed.contains(envelope.aggregate())) {
                answer.add(random.nextInt(3) == 0 ? Delivery.retry("pipelined") : Delivery.notAttempted());
            } else if (random.nextDouble() < failureRate) {
                failed.add(envelope.aggregate());
                answer.add(Delivery.retry("unlucky"));
            } else {
                accept(envelope);
                answer.add(Delivery.delivered());
            }
        }
        return answer;
    }

    private void accept(Envelope envelope) {
        Long before = newest.put(envelope.aggregate(), envelope.aggregateVersion());
        long expected = before == null ? 1 : before + 1;
        if (envelope.aggregateVersion() == null || envelope.aggregateVersion() != expected) {
            disorder.add(envelope + " came where version " + expected + " was next");
        }
        delivered++;
    }

    synchronized int delivered() {
        return delivered;
    }

    /** Each event that came twice, too early or too late. */
    synchronized List<String> disorder() {
        return List.copyOf(disorder);
    }

    synchronized boolean has(Envelope envelope) {
        Long version = envelope.aggregateVersion();
        return version != null && newest.getOrDefault(envelope.aggregate(), 0L) >= version;
    }
}
