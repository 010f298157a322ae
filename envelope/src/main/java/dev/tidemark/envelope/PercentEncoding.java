package dev.tidemark.envelope;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.IntPredicate;

/** Percent-encoding of UTF-8, for the few places that need it. */
final class PercentEncoding {

    private static final char[] HEX = "0123456789ABCDEF".toCharArray();

    private PercentEncoding() {}

    /** Keeps letters, digits and {@code - . _ ~}; everything else, also {@code :} and {@code /}, is encoded. */
    static String encodeUrn(String text) {
        return encode(text, PercentEncoding::isUnreserved);
    }

    /** Keeps U+0021 to U+007E but for {@code "} and {@code %}: what CloudEvents asks of a value in an HTTP header. */
    static String encodeHeader(String text) {
        return encode(text, c -> c > ' ' && c < 0x7f && c != '"' && c != '%');
    }

    private static String encode(String text, IntPredicate keeps) {
        int kept = 0;
        while (kept < text.length() && keeps.test(text.charAt(kept))) {
            kept++;
        }
        if (kept == text.length()) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            if (keeps.test(b)) {
                out.append((char) b);
            } else {
                out.append('%').append(HEX[(b >> 4) & 0xf]).append(HEX[b & 0xf]);
            }
        }
        return out.toString();
    }

    /**
     * Decodes once.
     *
     * @throws IllegalArgumentException if a {@code %} is not followed by two hexadecimal digits, if what is encoded
     *     is not UTF-8, or if there is anything outside of ASCII
     */
    static String decode(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                throw new IllegalArgumentException("has a character outside of ASCII that is not percent-encoded");
            }
            if (c == '%') {
                bytes.write(encodedByte(text, i + 1));
                i += 2;
            } else {
                bytes.write(c);
            }
        }
        return utf8(bytes.toByteArray());
    }

    private static int encodedByte(String text, int at) {
        int high = at + 1 < text.length() ? hexDigit(text.charAt(at)) : -1;
        int low = high >= 0 ? hexDigit(text.charAt(at + 1)) : -1;
        if (low < 0) {
            throw new IllegalArgumentException("has a % that is not followed by two hexadecimal digits");
        }
        return high << 4 | low;
    }

    private static int hexDigit(char c) {
        return c < 0x80 ? Character.digit(c, 16) : -1;
    }

    private static String utf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("has percent-encoded bytes that are not UTF-8", e);
        }
    }

    private static boolean isUnreserved(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || "-._~".indexOf(c) >= 0;
    }
}
