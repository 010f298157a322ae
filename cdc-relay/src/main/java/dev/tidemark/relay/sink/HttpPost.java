package dev.tidemark.relay.sink;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/** A request that is being written, as the bytes that are sent. For one thread. */
final class HttpPost {

    private static final int USUAL_BYTES = 1024;
    private static final int PIECE_BYTES = 1 << 16;

    private final HttpTarget target;
    private byte[] head = new byte[USUAL_BYTES];
    private int length;
    private byte[] body = {};

    /** Everything but the event. */
    HttpPost(HttpTarget target) {
        this.target = target;
    }

    /**
     * Adds a header.
     *
     * @throws IllegalArgumentException if HTTP does not allow a character of its value, which could be the end of the line
     */
    void header(String name, String value) {
        reserve(name.length() + value.length() + 4);
        put(name);
        put(": ");
        for (int i = 0; i < value.length(); i++) {
            head[length++] = allowed(value.charAt(i));
        }
        put("\r\n");
    }

    /** Ends the headers. */
    void body(byte[] newBody) {
        header("content-length", Integer.toString(newBody.length));
        reserve(2);
        put("\r\n");
        body = newBody;
    }

    /**
     * Sends it: in one piece if it is small, and without a copy of a large body. The JDK keeps as much memory outside of
     * the heap for each thread as it ever wrote at once.
     *
     * @param proxied whether a proxy is to send it on
     */
    void sendTo(OutputStream out, boolean proxied) throws IOException {
        byte[] start = target.start(proxied);
        int headLength = start.length + length;
        int together = body.length <= PIECE_BYTES ? body.length : 0;
        byte[] first = Arrays.copyOf(start, headLength + together);
        System.arraycopy(head, 0, first, start.length, length);
        System.arraycopy(body, 0, first, headLength, together);
        out.write(first);
        for (int sent = together; sent < body.length; sent += PIECE_BYTES) {
            out.write(body, sent, Math.min(PIECE_BYTES, body.length - sent));
        }
        out.flush();
    }

    /** Visible characters, spaces and tabs; as in ISO-8859-1, beyond ASCII. */
    private static byte allowed(char c) {
        if ((c < ' ' && c != '\t') || c == 0x7f || c > 0xff) {
            throw new IllegalArgumentException("a header has a character that HTTP does not allow");
        }
        return (byte) c;
    }

    private void reserve(int more) {
        if (head.length - length < more) {
            head = Arrays.copyOf(head, Math.max(2 * head.length, length + more));
        }
    }

    private void put(String text) {
        for (int i = 0; i < text.length(); i++) {
            head[length++] = (byte) text.charAt(i);
        }
    }
}
