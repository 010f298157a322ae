package dev.tidemark.relay.capture;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Message by message, as the protocol describes them. */
class PgoutputDecoderTest {

    private static final byte[] RELATION = cut(message('R')
            .putInt(16_384)
            .put("public\0outbox\0".getBytes(UTF_8))
            .put((byte) 'd')
            .putShort((short) 2)
            .put((byte) 1)
            .put("id\0".getBytes(UTF_8))
            .putInt(2950)
            .putInt(-1)
            .put((byte) 0)
            .put("aggregateversion\0".getBytes(UTF_8))
            .putInt(20)
            .putInt(-1));

    private static final byte[] INSERT = cut(message('I')
            .putInt(16_384)
            .put((byte) 'N')
            .putShort((short) 2)
            .put((byte) 't')
            .putInt(3)
            .put("\u00e9x".getBytes(UTF_8))
            .put((byte) 'n'));

    private static final byte[] LOGICAL = cut(message('M')
            .put((byte) 1)
            .putLong(77)
            .put("tidemark.outbox.v1\0".getBytes(UTF_8))
            .putInt(2)
            .put("{}".getBytes(UTF_8)));

    private static final byte[] BEGIN =
            cut(message('B').putLong(500).putLong(816_000_000_123_456L).putInt(7));

    private static final byte[] COMMIT =
            cut(message('C').put((byte) 0).putLong(500).putLong(548).putLong(816_000_000_123_456L));

    private static final byte[] START = cut(message('S').putInt(7).put((byte) 1));

    private static final byte[] ABORT = cut(message('A').putInt(7).putInt(9));

    private static final byte[] STREAM_COMMIT =
            cut(message('c').putInt(7).put((byte) 0).putLong(500).putLong(548).putLong(816_000_000_123_456L));

    @Test
    void aTransactionHasATimeAndAnEnd() {
        assertThat(decode(BEGIN)).isEqualTo(new PgoutputMessage.Begin(Instant.parse("2025-11-09T10:40:00.123456Z")));
        assertThat(decode(COMMIT)).isEqualTo(new PgoutputMessage.Commit(new Lsn(548)));
    }

    @Test
    void aStreamedTransactionHasBlocksAndOneOfTwoEnds() {
        assertThat(decode(START)).isEqualTo(new PgoutputMessage.BlockStart(7, true));
        assertThat(decode(cut(message('S').putInt(-7).put((byte) 0))))
                .isEqualTo(new PgoutputMessage.BlockStart(-7, false));
        assertThat(decode(cut(message('E')))).isEqualTo(new PgoutputMessage.BlockEnd());
        assertThat(decode(STREAM_COMMIT))
                .isEqualTo(new PgoutputMessage.StreamCommit(
                        7, Instant.parse("2025-11-09T10:40:00.123456Z"), new Lsn(548)));
        assertThat(decode(ABORT)).isEqualTo(new PgoutputMessage.StreamAbort(7, 9));
    }

    @Test
    void inABlockMostHaveAnXid() {
        for (byte[] outside : new byte[][] {RELATION, INSERT, LOGICAL}) {
            byte[] inBlock =
                    cut(ByteBuffer.allocate(200).put(outside[0]).putInt(9).put(outside, 1, outside.length - 1));
            PgoutputMessage read = PgoutputDecoder.decode(ByteBuffer.wrap(inBlock), true);
            assertThat(read).hasSameClassAs(decode(outside));
            assertThat(PgoutputDecoder.xid(ByteBuffer.wrap(inBlock))).isEqualTo(9);
            if (read instanceof PgoutputMessage.Logical) {
                assertThat(read).isEqualTo(decode(outside));
            }
        }
        assertThatThrownBy(() -> PgoutputDecoder.xid(ByteBuffer.wrap(INSERT, 0, 4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("only 4 bytes");
    }

    @Test
    void aRowIsReadByTheTableThatWasAnnounced() {
        PgoutputMessage.Relation relation = (PgoutputMessage.Relation) decode(RELATION);
        PgoutputMessage.Insert insert = (PgoutputMessage.Insert) decode(INSERT);

        assertThat(relation.table().name()).isEqualTo("public.outbox");
        assertThat(relation.id()).isEqualTo(insert.relation());
        assertThat(relation.table().row(insert.values()).apply("id")).isEqualTo("\u00e9x");
        assertThat(relation.table().row(insert.values()).apply("aggregateversion"))
                .isNull();
        assertThat(relation.table().row(insert.values()).apply("somethingelse")).isNull();
        assertThat(relation.table().raw(insert.values())).isEqualTo("Struct{id=\u00e9x}");
    }

    @Test
    void aLogicalMessageHasItsContent() {
        PgoutputMessage.Logical logical = (PgoutputMessage.Logical) decode(LOGICAL);

        assertThat(logical.transactional()).isTrue();
        assertThat(logical.lsn()).isEqualTo(new Lsn(77));
        assertThat(logical.prefix()).isEqualTo("tidemark.outbox.v1");
        assertThat(UTF_8.decode(logical.content()).toString()).isEqualTo("{}");
    }

    @Test
    void whatIsNoEventIsPassedOver() {
        for (char kind : "UDTYO".toCharArray()) {
            assertThat(decode(cut(message(kind).putLong(1)))).isEqualTo(new PgoutputMessage.Other(kind));
        }
    }

    @Test
    void whatIsCutOffIsRefusedWhereverThatIs() {
        for (byte[] whole : new byte[][] {BEGIN, COMMIT, INSERT, LOGICAL, RELATION, START, ABORT, STREAM_COMMIT}) {
            for (int length = 1; length < whole.length; length++) {
                byte[] part = Arrays.copyOf(whole, length);
                assertThatThrownBy(() -> decode(part))
                        .as("%s of %s bytes of %s", length, whole.length, (char) whole[0])
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("cut off after " + length);
            }
            byte[] longer = Arrays.copyOf(whole, whole.length + 1);
            assertThatThrownBy(() -> decode(longer))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("1 too many");
        }
    }

    @Test
    void whatIsNotOfProtocol2IsRefused() {
        assertThatThrownBy(() -> decode(new byte[0])).hasMessageContaining("empty");
        for (char kind : "PKrbp\0\u00ff".toCharArray()) {
            assertThatThrownBy(() -> decode(cut(message(kind).putLong(1))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("0x" + Integer.toHexString(kind))
                    .hasMessageContaining("not of protocol 2");
        }
    }

    @Test
    void aRowThatIsNotTextIsRefused() {
        for (char kind : "bux".toCharArray()) {
            byte[] other = INSERT.clone();
            other[8] = (byte) kind;
            assertThatThrownBy(() -> decode(other))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("comes as " + kind);
        }
        byte[] old = INSERT.clone();
        old[5] = 'K';
        assertThatThrownBy(() -> decode(old)).hasMessageContaining("no new row, but K");
        byte[] negative = INSERT.clone();
        negative[9] = (byte) 0xff;
        assertThatThrownBy(() -> decode(negative)).hasMessageContaining("cut off");
    }

    /** Nothing but the one exception, whatever comes. */
    @Test
    void noiseIsRefusedOrReadAndNothingElseHappens() {
        Random random = new Random(5);
        byte[][] samples = {BEGIN, COMMIT, INSERT, LOGICAL, RELATION, START, ABORT, STREAM_COMMIT};
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = samples[random.nextInt(samples.length)].clone();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            try {
                assertThat(requireNonNull(decode(bytes))).isNotNull();
            } catch (IllegalArgumentException e) {
                refused++;
            }
        }
        assertThat(refused).as("seed 5").isPositive();
    }

    private static PgoutputMessage decode(byte[] bytes) {
        return PgoutputDecoder.decode(ByteBuffer.wrap(bytes), false);
    }

    private static ByteBuffer message(char kind) {
        return ByteBuffer.allocate(128).put((byte) kind);
    }

    private static byte[] cut(ByteBuffer bytes) {
        byte[] cut = new byte[bytes.flip().remaining()];
        bytes.get(cut);
        return cut;
    }
}
