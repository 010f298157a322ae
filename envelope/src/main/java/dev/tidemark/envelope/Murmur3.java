package dev.tidemark.envelope;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * MurmurHash3, x86, 32 bits, seed 0.
 *
 * @see <a href="https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp">the reference</a>
 */
final class Murmur3 {

    private Murmur3() {}

    /** The hash of all parts in UTF-8, each after its length in bytes as four little-endian bytes. */
    static int ofParts(String... parts) {
        byte[][] encoded = new byte[parts.length][];
        int length = 0;
        for (int i = 0; i < parts.length; i++) {
            encoded[i] = parts[i].getBytes(StandardCharsets.UTF_8);
            length += Integer.BYTES + encoded[i].length;
        }
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        for (byte[] part : encoded) {
            buffer.putInt(part.length).put(part);
        }
        return hash(buffer.array());
    }

    static int hash(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int h = 0;
        while (in.remaining() >= Integer.BYTES) {
            h ^= scramble(in.getInt());
            h = Integer.rotateLeft(h, 13) * 5 + 0xe6546b64;
        }
        int tail = 0;
        for (int shift = 0; in.hasRemaining(); shift += Byte.SIZE) {
            tail |= (in.get() & 0xff) << shift;
        }
        h ^= scramble(tail);
        h ^= bytes.length;
        h = (h ^ (h >>> 16)) * 0x85ebca6b;
        h = (h ^ (h >>> 13)) * 0xc2b2ae35;
        return h ^ (h >>> 16);
    }

    private static int scramble(int k) {
        return Integer.rotateLeft(k * 0xcc9e2d51, 15) * 0x1b873593;
    }
}
