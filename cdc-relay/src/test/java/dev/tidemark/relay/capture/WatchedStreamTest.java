package dev.tidemark.relay.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.debezium.connector.postgresql.connection.Lsn;
import io.debezium.connector.postgresql.connection.MessageDecoder;
import io.debezium.connector.postgresql.connection.MessageDecoderContext;
import io.debezium.connector.postgresql.connection.ReplicationStream;
import io.debezium.connector.postgresql.connection.WalPositionLocator;
import io.debezium.connector.postgresql.connection.pgoutput.PgOutputMessageDecoder;
import java.nio.ByteBuffer;
import java.util.concurrent.ExecutorService;
import org.junit.jupiter.api.Test;

/** With Debezium's own decoder: should it speak of such messages in other words one day, this says so. */
class WatchedStreamTest {

    private static final ClockWatch CLOCK = new ClockWatch(System::nanoTime, System::currentTimeMillis);

    /** The transaction 771, as a whole. */
    private static final ByteBuffer STREAM_ABORT = ByteBuffer.wrap(new byte[] {'A', 0, 0, 3, 3, 0, 0, 3, 3});

    private static final ByteBuffer NOTHING_KNOWN = ByteBuffer.wrap(new byte[] {'?', 0, 0, 0, 0});

    @Test
    void theEndOfWhatWasNeverStreamedIsPassedOver() throws Exception {
        WatchedStream stream = new WatchedStream(new Sent(STREAM_ABORT), CLOCK);
        stream.read(message -> {});
        assertThat(stream.readPending(message -> {})).isTrue();
    }

    @Test
    void whatNobodyKnowsEndsTheEngine() {
        WatchedStream stream = new WatchedStream(new Sent(NOTHING_KNOWN), CLOCK);
        assertThatThrownBy(() -> stream.read(message -> {})).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> stream.readPending(message -> {})).isInstanceOf(IllegalArgumentException.class);
    }

    /** One message, again and again. */
    @SuppressWarnings("NullAway") // what the decoder does not come to
    private record Sent(ByteBuffer message) implements ReplicationStream {

        private static final MessageDecoder DECODER =
                new PgOutputMessageDecoder(new MessageDecoderContext(null, null), null);

        @Override
        public void read(ReplicationMessageProcessor processor) {
            readPending(processor);
        }

        @Override
        public boolean readPending(ReplicationMessageProcessor processor) {
            DECODER.shouldMessageBeSkipped(
                    message.duplicate(), Lsn.valueOf(2L), Lsn.valueOf(1L), new WalPositionLocator());
            return true;
        }

        @Override
        public void flushLsn(Lsn lsn) {}

        @Override
        public Lsn lastReceivedLsn() {
            return Lsn.valueOf(2L);
        }

        @Override
        public Lsn startLsn() {
            return Lsn.valueOf(1L);
        }

        @Override
        public void startKeepAlive(ExecutorService service) {}

        @Override
        public void stopKeepAlive() {}

        @Override
        public void close() {}
    }
}
