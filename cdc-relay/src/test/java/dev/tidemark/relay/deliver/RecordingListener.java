package dev.tidemark.relay.deliver;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Writes down what it hears, one line for each call; deliveries apart, because there are many. */
final class RecordingListener implements DeliveryListener {

    final List<Duration> lags = new CopyOnWriteArrayList<>();
    final List<String> calls = new CopyOnWriteArrayList<>();

    @Override
    public void delivered(String subscriber, Duration lag) {
        lags.add(lag);
    }

    @Override
    public void retried(String subscriber, int events) {
        calls.add(subscriber + " retried " + events);
    }

    @Override
    public void rejected(String subscriber, int events) {
        calls.add(subscriber + " rejected " + events);
    }

    @Override
    public void stored(String subscriber, int events) {
        calls.add(subscriber + " stored " + events);
    }

    @Override
    public void stoppedAccepting(String subscriber, String reason) {
        calls.add(subscriber + " stopped accepting: " + reason);
    }

    @Override
    public void acceptsAgain(String subscriber, Duration outage) {
        calls.add(subscriber + " accepts again after " + outage.toMillis() + " ms");
    }
}
