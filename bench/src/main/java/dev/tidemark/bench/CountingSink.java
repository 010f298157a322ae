package dev.tidemark.bench;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.sink.Delivery;
import dev.tidemark.relay.sink.Sink;
import java.util.Collections;
import java.util.List;
import java.util.function.IntPredicate;

/** Counts what another sink has delivered. */
final class CountingSink implements Sink {

    /** Says that everything is delivered, and keeps nothing. */
    static final Sink NOWHERE = batch -> Collections.nCopies(batch.size(), Delivery.delivered());

    private final Sink sink;
    private final Arrivals arrivals;
    private final IntPredicate lost;

    /** @param lost which numbers are not counted, as if they had been lost: the proof that it would be noticed */
    CountingSink(Sink sink, Arrivals arrivals, IntPredicate lost) {
        this.sink = sink;
        this.arrivals = arrivals;
        this.lost = lost;
    }

    @Override
    public List<Delivery> deliver(List<Envelope> batch) throws InterruptedException {
        List<Delivery> outcomes = sink.deliver(batch);
        for (int i = 0; i < batch.size(); i++) {
            byte[] data = batch.get(i).data();
            int number = data == null ? -1 : Workload.numberIn(data, 0);
            if (outcomes.get(i) instanceof Delivery.Delivered && !lost.test(number)) {
                arrivals.arrived(number);
            }
        }
        return outcomes;
    }

    @Override
    public void close() {
        sink.close();
    }
}
