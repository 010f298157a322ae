package dev.tidemark.relay.sink;

import dev.tidemark.envelope.Envelope;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.SdkClient;

/**
 * What {@link SqsSink} and {@link SnsSink} do alike: they look at the start, send by an {@link AwsWay}, and end. Safe
 * for many threads.
 */
final class AwsSending implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(AwsSending.class);

    private final Template targets;
    private final AwsWay.Service service;
    private final SdkClient client;
    private final ExecutorService threads;
    private volatile boolean closed;

    /**
     * @param targets queues or topics
     * @param client with which {@code service} sends; is closed with this
     */
    AwsSending(Template targets, AwsWay.Service service, SdkClient client) {
        this.targets = targets;
        this.service = service;
        this.client = client;
        this.threads = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "aws-sink");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** If all events have the same target, looks at that without being waited for, and says in the log what is wrong. */
    void lookAtStart(Function<String, AwsLook> look) {
        targets.fixed()
                .ifPresent(target -> threads.execute(() -> {
                    String problem = look.apply(target).problem();
                    if (!problem.isEmpty() && !closed) {
                        log.warn("Looking at {} {}; its events wait.", target, problem);
                    }
                }));
    }

    /** As {@link Sink#deliver}. */
    List<Delivery> deliver(List<Envelope> batch) throws InterruptedException {
        if (closed) {
            throw new IllegalStateException("the sink of " + targets + " is closed");
        }
        AwsWay way = new AwsWay(service, threads);
        return new Pipeline(batch, way, service.timeout(), AwsWay.MOST_UNDER_WAY).deliver();
    }

    /** Idempotent. What is under way is given up. */
    @Override
    public void close() {
        closed = true;
        threads.shutdownNow();
        client.close();
    }
}
