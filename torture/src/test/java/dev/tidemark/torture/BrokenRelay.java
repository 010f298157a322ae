package dev.tidemark.torture;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Relay;
import dev.tidemark.relay.config.ConfigFile;
import dev.tidemark.relay.config.CustomSinkConfig;
import dev.tidemark.relay.config.HttpSinkConfig;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.relay.sink.Delivery;
import dev.tidemark.relay.sink.HttpSink;
import dev.tidemark.relay.sink.Sink;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A real relay that is broken on purpose: the proof that the checks can fail. Its first argument says how; then
 * {@code --config} and a file, like {@code tidemark relay}.
 */
final class BrokenRelay {

    /** What is wrong with it. */
    enum Fault {
        /** Says that all is delivered, and delivers it later. */
        ACKNOWLEDGES_EARLY,
        /** Delivers each batch from its end to its beginning. */
        DELIVERS_BACKWARDS,
        /** Forgets every twentieth event. */
        FORGETS,
        /** Delivers every twentieth event twice. */
        REPEATS
    }

    private static final Duration LOOK_AGAIN = Duration.ofHours(1);
    private static final long LATER_MILLIS = 300;
    private static final int SELDOM = 20;

    private BrokenRelay() {}

    static List<String> program(Fault fault) {
        return List.of(BrokenRelay.class.getName(), fault.name());
    }

    /** Runs until it is killed. */
    public static void main(String[] args) throws InterruptedException {
        Fault fault = Fault.valueOf(args[0]);
        RelayConfig config = ConfigFile.read(Path.of(args[2]));
        RelayConfig.Builder broken =
                RelayConfig.builder().source(config.source()).ops(config.ops());
        for (SubscriberConfig subscriber : config.subscribers()) {
            HttpSinkConfig http = (HttpSinkConfig) subscriber.sink();
            broken.subscriber(SubscriberConfig.builder(subscriber.name())
                    .retry(subscriber.retry())
                    .sink(new CustomSinkConfig(new BrokenSink(fault, sink(http))))
                    .build());
        }
        try (Relay relay = Relay.start(broken.build())) {
            while (!relay.awaitStopped(LOOK_AGAIN)) {
                // it runs on threads of its own
            }
            throw new IllegalStateException(
                    "the relay has stopped", relay.failure().orElse(null));
        }
    }

    private static HttpSink sink(HttpSinkConfig http) {
        return new HttpSink(
                new HttpSink.Settings(http.url(), HttpSink.Mode.BINARY, http.timeout(), Map.of(), http.inFlight()),
                InstantSource.system());
    }

    private static final class BrokenSink implements Sink {

        private final Fault fault;
        private final Sink honest;
        private final CountDownLatch stopped = new CountDownLatch(1);
        private final ExecutorService later = Executors.newSingleThreadExecutor();

        BrokenSink(Fault fault, Sink honest) {
            this.fault = fault;
            this.honest = honest;
        }

        @Override
        public List<Delivery> deliver(List<Envelope> batch) throws InterruptedException {
            List<Envelope> copy = new ArrayList<>(batch);
            return switch (fault) {
                case ACKNOWLEDGES_EARLY -> {
                    later.execute(() -> deliverLater(copy));
                    yield Collections.nCopies(batch.size(), Delivery.delivered());
                }
                case DELIVERS_BACKWARDS -> {
                    Collections.reverse(copy);
                    List<Delivery> outcomes = new ArrayList<>(honest.deliver(copy));
                    Collections.reverse(outcomes);
                    yield outcomes;
                }
                case FORGETS -> deliverMost(batch);
                case REPEATS -> {
                    List<Envelope> some =
                            copy.stream().filter(BrokenSink::isSeldom).toList();
                    List<Delivery> outcomes = honest.deliver(batch);
                    if (!some.isEmpty()) {
                        honest.deliver(some);
                    }
                    yield outcomes;
                }
            };
        }

        /** One after the other, each after its time. */
        private void deliverLater(List<Envelope> batch) {
            try {
                stopped.await(LATER_MILLIS, TimeUnit.MILLISECONDS);
                honest.deliver(batch);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private List<Delivery> deliverMost(List<Envelope> batch) throws InterruptedException {
            List<Envelope> most = new ArrayList<>(batch);
            most.removeIf(BrokenSink::isSeldom);
            List<Delivery> outcomes = new ArrayList<>(most.isEmpty() ? List.of() : honest.deliver(most));
            for (int i = 0; i < batch.size(); i++) {
                if (isSeldom(batch.get(i))) {
                    outcomes.add(
                            i, hasFailedBefore(batch, outcomes, i) ? Delivery.notAttempted() : Delivery.delivered());
                }
            }
            return outcomes;
        }

        /** Whoever says that an event is delivered behind one of its aggregate that is not is stopped at once. */
        private static boolean hasFailedBefore(List<Envelope> batch, List<Delivery> outcomes, int index) {
            for (int i = 0; i < index; i++) {
                if (batch.get(i).aggregate().equals(batch.get(index).aggregate())
                        && !(outcomes.get(i) instanceof Delivery.Delivered)) {
                    return true;
                }
            }
            return false;
        }

        private static boolean isSeldom(Envelope event) {
            return Math.floorMod(event.id().hashCode(), SELDOM) == 0;
        }

        @Override
        public void close() {
            stopped.countDown();
            later.shutdownNow();
            honest.close();
        }
    }
}
