package dev.tidemark.relay.capture;

import io.debezium.connector.base.QueueProvider;
import io.debezium.pipeline.DataChangeEvent;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * Between Debezium's thread that reads and the one that hands over: what arrives is handed over at once.
 *
 * <p>Debezium's own queue hands over when a batch is full or an interval is over, so that each event waits for it, and spends
 * the last millisecond of each interval, with nothing to do, in a loop. Here whoever takes is woken by the first change. Under
 * load it finds many that came meanwhile; and while there are some, but not many, it lets a few more come, so that the work for
 * each batch is done for more than a handful.
 *
 * <p>The queue of Debezium that this serves never learns that it holds anything: {@link PromptTask} takes from here directly,
 * and what is full makes {@link #enqueue} wait. Waits are by the monotonic clock. Public because Debezium makes it by name;
 * safe for one that puts and one that takes.
 */
public final class PromptQueue implements QueueProvider<DataChangeEvent> {

    static final String NAME = "tidemark";

    /** The settings, in the properties of the engine. */
    static final String MOST_EVENTS = "tidemark.queue.events";

    static final String MOST_BYTES = "tidemark.queue.bytes";

    /** How long to wait for the first change; then the engine's loop turns once, and acknowledges. */
    private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private static final int MOST_AT_ONCE = 2048;

    /** More than so many in a batch, and there will be more in a moment. */
    private static final int FEW = 8;

    private static final int ENOUGH = 256;
    private static final long MOMENT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final int RECORD_BYTES = 2048; // with its source and offset, whose texts are shared

    /** Debezium makes a queue while it starts a task, on the same thread. */
    private static final ThreadLocal<@Nullable PromptQueue> MADE = new ThreadLocal<>();

    private record Waiting(SourceRecord record, long bytes) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final Condition taken = lock.newCondition();
    private final ArrayDeque<Waiting> changes = new ArrayDeque<>(); // guarded by the lock, as all that follow
    private long bytes;
    private int mostEvents = 1;
    private long mostBytes = 1;
    private int awaited; // how many whoever takes waits for; 0 if nobody does
    private boolean busy;

    /** The one that was made last on this thread, once. */
    static @Nullable PromptQueue collect() {
        PromptQueue made = MADE.get();
        MADE.remove();
        return made;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void configure(Map<String, ?> properties) {
        configure(
                Integer.parseInt(String.valueOf(properties.get(MOST_EVENTS))),
                Long.parseLong(String.valueOf(properties.get(MOST_BYTES))));
        MADE.set(this);
    }

    /** One change may be larger than all of the bytes. */
    void configure(int events, long mayHold) {
        lock.lock();
        try {
            mostEvents = Math.max(1, events);
            mostBytes = Math.max(1, mayHold);
        } finally {
            lock.unlock();
        }
    }

    /** Waits as long as it is full. */
    @Override
    public void enqueue(DataChangeEvent change) throws InterruptedException {
        SourceRecord record = change.getRecord();
        long size = bytesOf(record);
        lock.lockInterruptibly();
        try {
            while (isFull()) {
                arrived.signal(); // whoever lingers need not
                taken.await();
            }
            changes.add(new Waiting(record, size));
            bytes += size;
            if (awaited > 0 && changes.size() >= awaited) {
                arrived.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isFull() {
        return changes.size() >= mostEvents || bytes >= mostBytes;
    }

    /** What has arrived, in order; waits a moment for it. Empty if nothing has. */
    List<SourceRecord> take() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            awaitArrivals(1, TURN_NANOS);
            if (busy && !changes.isEmpty()) {
                awaitArrivals(ENOUGH, MOMENT_NANOS);
            }
            List<SourceRecord> records = new ArrayList<>(Math.min(changes.size(), MOST_AT_ONCE));
            while (!changes.isEmpty() && records.size() < MOST_AT_ONCE) {
                Waiting first = changes.remove();
                bytes -= first.bytes();
                records.add(first.record());
            }
            busy = records.size() > FEW;
            taken.signalAll();
            return records;
        } finally {
            lock.unlock();
        }
    }

    private void awaitArrivals(int count, long atMostNanos) throws InterruptedException {
        long left = atMostNanos;
        awaited = count;
        try {
            while (changes.size() < count && left > 0 && !(count > 1 && isFull())) {
                left = arrived.awaitNanos(left);
            }
        } finally {
            awaited = 0;
        }
    }

    /** As much as it may hold of the heap: texts of the row, or of the message, and the rest. */
    private static long bytesOf(SourceRecord record) {
        if (!(record.value() instanceof Struct value)) {
            return RECORD_BYTES;
        }
        long size = RECORD_BYTES;
        for (String part : List.of("after", "message")) {
            Field field = value.schema().field(part);
            if (field != null && value.get(field) instanceof Struct content) {
                size += bytesOf(content);
            }
        }
        return size;
    }

    private static long bytesOf(Struct content) {
        long size = 0;
        for (Field field : content.schema().fields()) {
            Object value = content.get(field);
            if (value instanceof String text) {
                size += 2L * text.length();
            } else if (value instanceof byte[] array) {
                size += array.length;
            } else if (value instanceof ByteBuffer buffer) {
                size += buffer.capacity();
            }
        }
        return size;
    }

    /** Nothing: what is here is not for the queue that asks. */
    @Override
    public @Nullable DataChangeEvent poll() {
        return null;
    }

    /** 0, whatever is here: the queue that asks would wait, or take. */
    @Override
    public int size() {
        return 0;
    }
}
