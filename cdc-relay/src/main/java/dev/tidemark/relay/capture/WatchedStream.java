package dev.tidemark.relay.capture;

import io.debezium.connector.postgresql.connection.Lsn;
import io.debezium.connector.postgresql.connection.ReplicationStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;

/**
 * A stream that breaks when the clock of this machine was set back, and bears what PostgreSQL 18 should not send.
 *
 * <p>Debezium measures its waits by that clock: no heartbeat would come for as long as it was set back, and nothing be
 * acknowledged of a quiet outbox. A stream that breaks ends the engine, as when the connection is lost, and the next one begins
 * where the slot stands.
 */
@SuppressWarnings("try") // close() throws what the other one's may
final class WatchedStream implements ReplicationStream {

    /**
     * What Debezium says of a Stream Abort. PostgreSQL 18 sends some to who has not asked for streaming, of which nothing was sent
     * before; and again at each start, as long as the slot has not passed it.
     */
    private static final String STRAY = "Unsupported message type: A";

    private final ReplicationStream stream;
    private final ClockWatch clock;

    /** @param clock watches since before the engine began to measure */
    WatchedStream(ReplicationStream stream, ClockWatch clock) {
        this.stream = stream;
        this.clock = clock;
    }

    @Override
    public void read(ReplicationMessageProcessor processor) throws SQLException, InterruptedException {
        checkClock();
        try {
            stream.read(processor);
        } catch (IllegalArgumentException e) {
            throwUnlessStray(e);
        }
    }

    @Override
    public boolean readPending(ReplicationMessageProcessor processor) throws SQLException, InterruptedException {
        checkClock();
        try {
            return stream.readPending(processor);
        } catch (IllegalArgumentException e) {
            throwUnlessStray(e);
            return true; // there was a message
        }
    }

    private static void throwUnlessStray(IllegalArgumentException e) {
        if (!STRAY.equals(e.getMessage())) {
            throw e;
        }
    }

    private void checkClock() {
        Duration back = clock.setBack();
        if (!back.isZero()) {
            throw new IllegalStateException("the clock of this machine was set back by "
                    + Math.round(back.toMillis() / 1000.0) + " s, and the engine waits by it; better have it slewed");
        }
    }

    @Override
    public void flushLsn(Lsn lsn) throws SQLException {
        stream.flushLsn(lsn);
    }

    @Override
    public Lsn lastReceivedLsn() {
        return stream.lastReceivedLsn();
    }

    @Override
    public Lsn startLsn() {
        return stream.startLsn();
    }

    @Override
    public void startKeepAlive(ExecutorService service) {
        stream.startKeepAlive(service);
    }

    @Override
    public void stopKeepAlive() {
        stream.stopKeepAlive();
    }

    @Override
    public void close() throws Exception {
        stream.close();
    }
}
