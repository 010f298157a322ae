package dev.tidemark.relay.sink;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * The clients of a {@link KafkaSink}. They connect by themselves, again and again, and are made anew only where they
 * could not be made, or where Kafka has refused the producer itself, so that nothing of it can be written later.
 */
final class KafkaLink implements AutoCloseable {

    private final KafkaSink.Settings settings;
    private final ExecutorService making = Executors.newSingleThreadExecutor(work -> {
        Thread thread = new Thread(work, "kafka-sink-connect");
        thread.setDaemon(true);
        return thread;
    });
    private @Nullable CompletableFuture<Clients> clients;
    private boolean closed;

    KafkaLink(KafkaSink.Settings settings) {
        this.settings = settings;
    }

    /** What sends, and what looks at topics. */
    record Clients(Producer<byte[], byte[]> producer, Admin admin) {

        /** What is under way is not waited for: it was not delivered. */
        private void close() {
            producer.close(Duration.ZERO);
            admin.close(Duration.ZERO);
        }
    }

    /** The clients, or those that are being made: that may wait for the name of a host. */
    synchronized CompletableFuture<Clients> clients() {
        if (closed) {
            throw new IllegalStateException("the sink of " + settings.place() + " is closed");
        }
        CompletableFuture<Clients> now = clients;
        if (now == null || now.isCompletedExceptionally()) {
            now = CompletableFuture.supplyAsync(this::make, making);
            clients = now;
        }
        return now.copy(); // whoever gives up waiting must not end it for the others
    }

    /** Has {@code work} done beside, once there are clients; it may be stopped at any time. */
    @SuppressWarnings("FutureReturnValueIgnored") // whoever delivers learns what failed
    void whenConnected(Consumer<Clients> work) {
        clients().thenAcceptAsync(work, making);
    }

    private Clients make() {
        Admin admin = Admin.create(KafkaProperties.admin(settings));
        try {
            ByteArraySerializer bytes = new ByteArraySerializer();
            return new Clients(new KafkaProducer<>(KafkaProperties.producer(settings), bytes, bytes), admin);
        } catch (RuntimeException e) {
            admin.close(Duration.ZERO);
            throw e;
        }
    }

    /** Kafka has refused the producer for good: the next who asks gets another one. */
    synchronized void refused(Clients those) {
        CompletableFuture<Clients> now = clients;
        if (now != null
                && now.isDone()
                && !now.isCompletedExceptionally()
                && now.join().equals(those)) {
            clients = null;
            those.close();
        }
    }

    @Override
    public void close() {
        CompletableFuture<Clients> last;
        synchronized (this) {
            closed = true;
            last = clients;
            clients = null;
        }
        making.shutdown();
        if (last != null) {
            last.thenAccept(Clients::close).exceptionally(nothingToClose -> null);
        }
    }
}
