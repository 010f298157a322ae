package dev.tidemark.relay.sink;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * What has come of one answer so far. The status counts as soon as it is there: a body that breaks off or
 * never ends does not make a delivered event undelivered. The body is read so that the connection can be
 * used again, but not without limit.
 */
final class HttpAnswer {

    static final int KEPT_BYTES = 4096;
    static final int READ_BYTES = 1 << 18;

    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private volatile @Nullable HttpResponse head;

    void begin(HttpResponse newHead) {
        head = newHead;
    }

    /** Zero if it has not come. */
    int status() {
        HttpResponse come = head;
        return come == null ? 0 : come.getCode();
    }

    /** The first value of a header, its name in any case. */
    @Nullable
    String header(String name) {
        HttpResponse come = head;
        Header header = come == null ? null : come.getFirstHeader(name);
        return header == null ? null : header.getValue();
    }

    /** The first bytes of the body. */
    byte[] bodyStart() {
        return kept.toByteArray();
    }

    /** Reads to the end, or gives up: to make another connection is cheaper than to read on. */
    boolean read(InputStream body) throws IOException {
        byte[] bytes = new byte[KEPT_BYTES];
        long total = 0;
        for (int n = body.read(bytes); n >= 0; n = body.read(bytes)) {
            kept.write(bytes, 0, Math.min(n, KEPT_BYTES - kept.size()));
            total += n;
            if (total > READ_BYTES) {
                return false;
            }
        }
        return true;
    }
}
