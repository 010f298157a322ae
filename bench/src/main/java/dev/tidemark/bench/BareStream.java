package dev.tidemark.bench;

import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/**
 * System A2: the driver's replication stream, read blocking on one thread, rows parsed as far as the payload: what a Java
 * program must do at least.
 */
final class BareStream implements AutoCloseable {

    private static final int ACKNOWLEDGE_EVERY = 2048;
    private static final String PAYLOAD = "payload";

    private final Connection connection;
    private final PGReplicationStream stream;
    private final Arrivals arrivals;
    private final Thread thread = new Thread(this::read, "bare-stream");
    private volatile boolean closing;
    private int payloadColumn;

    private BareStream(Connection connection, PGReplicationStream stream, Arrivals arrivals) {
        this.connection = connection;
        this.stream = stream;
        this.arrivals = arrivals;
    }

    static BareStream start(Measured measured, Arrivals arrivals) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", measured.user());
        properties.setProperty("password", measured.password());
        properties.setProperty("replication", "database");
        properties.setProperty("assumeMinServerVersion", "15");
        properties.setProperty("preferQueryMode", "simple");
        Connection connection = DriverManager.getConnection(measured.url(), properties);
        PGReplicationStream stream = connection
                .unwrap(PGConnection.class)
                .getReplicationAPI()
                .replicationStream()
                .logical()
                .withSlotName(measured.slot())
                .withSlotOption("proto_version", 1)
                .withSlotOption("publication_names", "tidemark_outbox")
                .withStatusInterval(200, TimeUnit.MILLISECONDS)
                .start();
        BareStream system = new BareStream(connection, stream, arrivals);
        system.thread.start();
        return system;
    }

    private void read() {
        try {
            for (int messages = 1; !closing; messages++) {
                ByteBuffer message = stream.read();
                handle(message);
                if (messages % ACKNOWLEDGE_EVERY == 0 || message.get(0) == 'C') {
                    LogSequenceNumber read = stream.getLastReceiveLSN();
                    stream.setAppliedLSN(read);
                    stream.setFlushedLSN(read);
                }
            }
        } catch (SQLException e) {
            if (!closing) {
                throw new IllegalStateException("the stream broke", e);
            }
        }
    }

    private void handle(ByteBuffer message) {
        byte kind = message.get();
        if (kind == 'R') {
            findPayload(message);
        } else if (kind == 'I') {
            message.getInt(); // the table
            message.get(); // N, for a new row
            message.getShort(); // columns
            for (int i = 0; i < payloadColumn; i++) {
                if (message.get() == 't') {
                    int length = message.getInt();
                    message.position(message.position() + length);
                }
            }
            message.get();
            message.getInt();
            arrivals.arrived(Workload.numberIn(message.array(), message.arrayOffset() + message.position()));
        }
    }

    private void findPayload(ByteBuffer relation) {
        relation.getInt();
        text(relation);
        text(relation);
        relation.get(); // replica identity
        int columns = relation.getShort();
        for (int i = 0; i < columns; i++) {
            relation.get(); // part of the key
            if (text(relation).equals(PAYLOAD)) {
                payloadColumn = i;
            }
            relation.getInt(); // type
            relation.getInt(); // its modifier
        }
    }

    private static String text(ByteBuffer bytes) {
        StringBuilder text = new StringBuilder();
        for (byte c = bytes.get(); c != 0; c = bytes.get()) {
            text.append((char) c);
        }
        return text.toString();
    }

    @Override
    public void close() throws SQLException {
        closing = true;
        connection.abort(Runnable::run); // a read that waits ends with it
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
