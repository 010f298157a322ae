package dev.tidemark.relay.capture;

import static java.util.Objects.requireNonNull;

import io.debezium.config.Configuration;
import io.debezium.connector.postgresql.PostgresConnectorConfig;
import io.debezium.connector.postgresql.PostgresConnectorTask;
import io.debezium.connector.postgresql.PostgresOffsetContext;
import io.debezium.connector.postgresql.PostgresPartition;
import io.debezium.connector.postgresql.connection.ReplicationConnection;
import io.debezium.connector.postgresql.connection.ReplicationStream;
import io.debezium.pipeline.ChangeEventSourceCoordinator;
import io.debezium.pipeline.ErrorHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * Debezium's task, but for two habits that would lose events, and one that would have them wait.
 *
 * <p>It only notes that it shall acknowledge, and does so when it is polled the next time: too late where the
 * handler waits for room in memory, and never where the engine stops. In an embedded engine both happen on
 * one thread, so that nothing needs to be put off.
 *
 * <p>And it makes a slot where there is none. A slot that is missing was lost: one made now would begin too
 * late. What is made deeper inside, in the moment between its own look and the stream, is noticed by the {@link Permit}: it
 * stands above all that was settled.
 *
 * <p>Its queue is a {@link PromptQueue}, which hands over at once what arrives.
 *
 * <p>Nor does it notice that the clock by which it waits is set back, for which its stream is a {@link WatchedStream}.
 */
public final class PromptTask extends PostgresConnectorTask {

    private volatile @Nullable PromptQueue queue;

    @Override
    public ChangeEventSourceCoordinator<PostgresPartition, PostgresOffsetContext> start(Configuration config) {
        PromptQueue.collect(); // of a start that failed
        ChangeEventSourceCoordinator<PostgresPartition, PostgresOffsetContext> coordinator = super.start(config);
        queue = requireNonNull(
                PromptQueue.collect(), "the queue, which Debezium makes on the thread that starts the task");
        return coordinator;
    }

    /** What Debezium's own queue is asked for is only whether the thread that reads has failed: then that throws. */
    @Override
    public List<SourceRecord> doPoll() throws InterruptedException {
        List<SourceRecord> records = requireNonNull(queue, "queue").take();
        boolean failed =
                getErrorHandler().map(ErrorHandler::getProducerThrowable).isPresent();
        return records.isEmpty() && failed ? super.doPoll() : records;
    }

    @Override
    public void commit() {
        performCommit();
    }

    @Override
    public ReplicationConnection createReplicationConnection(
            PostgresConnectorConfig config, int maxRetries, Duration retryDelay) {
        ClockWatch clock = new ClockWatch(System::nanoTime, System::currentTimeMillis);
        ReplicationConnection real = super.createReplicationConnection(config, maxRetries, retryDelay);
        return (ReplicationConnection) Proxy.newProxyInstance(
                PromptTask.class.getClassLoader(),
                new Class<?>[] {ReplicationConnection.class},
                (self, method, arguments) -> {
                    if (method.getName().equals("createReplicationSlot")) {
                        throw new IllegalStateException("slot " + config.slotName() + " does not exist any more");
                    }
                    try {
                        Object answer = method.invoke(real, arguments);
                        return answer instanceof ReplicationStream stream ? new WatchedStream(stream, clock) : answer;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
