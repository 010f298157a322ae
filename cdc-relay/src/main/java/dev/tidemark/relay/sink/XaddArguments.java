package dev.tidemark.relay.sink;

import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.protocol.CommandArgs;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;

/**
 * The arguments of an {@code XADD}, as they go over the wire: written down by the lane's thread. The client's own are an
 * object for each of some thirty arguments, encoded one by one by its only thread, for all lanes.
 */
final class XaddArguments extends CommandArgs<String, byte[]> {

    private static final int USUAL_SIZE = 1024; // without the last value
    private static final int MOST_DIGITS = 20;
    private static final byte[] LINE_END = {'\r', '\n'};
    private static final byte[] MAXLEN = ascii("MAXLEN");
    private static final byte[] ROUGHLY = ascii("~");
    private static final byte[] NEXT_ID = ascii("*");

    private final byte[] last; // value of the last field, which may be large: it is not copied
    private byte[] bytes = new byte[USUAL_SIZE]; // all before it
    private int length;
    private int count;

    /**
     * Of the entry {@code fields}, of which there is at least one, in their order.
     *
     * @param maxLength how many entries the stream keeps, roughly; 0 for all
     */
    XaddArguments(RedisCodec<String, byte[]> codec, String stream, long maxLength, Map<String, byte[]> fields) {
        super(codec);
        append(utf8(stream));
        if (maxLength > 0) {
            append(MAXLEN);
            append(ROUGHLY);
            append(ascii(Long.toString(maxLength)));
        }
        append(NEXT_ID);
        Iterator<Map.Entry<String, byte[]>> rest = fields.entrySet().iterator();
        while (true) {
            Map.Entry<String, byte[]> field = rest.next();
            append(utf8(field.getKey()));
            if (!rest.hasNext()) {
                last = field.getValue();
                begin(last);
                return;
            }
            append(field.getValue());
        }
    }

    private void append(byte[] argument) {
        begin(argument);
        write(argument);
        write(LINE_END);
    }

    /** All of an argument but itself. */
    private void begin(byte[] argument) {
        count++;
        reserve(1 + MOST_DIGITS);
        bytes[length++] = '$';
        int size = argument.length;
        int digits = 1;
        for (int rest = size / 10; rest > 0; rest /= 10) {
            digits++;
        }
        for (int at = length + digits - 1; at >= length; at--) {
            bytes[at] = (byte) ('0' + size % 10);
            size /= 10;
        }
        length += digits;
        write(LINE_END);
    }

    private void write(byte[] more) {
        reserve(more.length);
        System.arraycopy(more, 0, bytes, length, more.length);
        length += more.length;
    }

    private void reserve(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public int count() {
        return count;
    }

    @Override
    public void encode(ByteBuf target) {
        target.ensureWritable(length + last.length + LINE_END.length);
        target.writeBytes(bytes, 0, length);
        target.writeBytes(last);
        target.writeBytes(LINE_END);
    }
}
