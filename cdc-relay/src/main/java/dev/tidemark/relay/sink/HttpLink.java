package dev.tidemark.relay.sink;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentLengthStrategy;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpVersion;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.apache.hc.core5.http.UnsupportedHttpVersionException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.DefaultConnectionReuseStrategy;
import org.apache.hc.core5.http.impl.DefaultContentLengthStrategy;
import org.apache.hc.core5.http.impl.io.ChunkedInputStream;
import org.apache.hc.core5.http.impl.io.ContentLengthInputStream;
import org.apache.hc.core5.http.impl.io.DefaultHttpResponseParser;
import org.apache.hc.core5.http.impl.io.IdentityInputStream;
import org.apache.hc.core5.http.impl.io.SessionInputBufferImpl;
import org.apache.hc.core5.http.message.MessageSupport;

/**
 * One connection, kept from one request to the next. It writes and blocks, on the thread of whoever calls: answers are
 * read by Apache's HttpCore, requests are bytes already. It has no timeouts; whoever has waited long enough
 * {@linkplain #abandon() abandons} it, from any thread, and that ends what it is doing. All else is for one thread at a
 * time.
 */
final class HttpLink implements AutoCloseable {

    private static final String METHOD = "POST";
    private static final int OK = 200;
    private static final int SWITCHING = 101;
    private static final int BUFFER_BYTES = 4096;
    private static final int LINE_BYTES = 1 << 14;
    private static final Http1Config LIMITS = Http1Config.custom()
            .setMaxLineLength(LINE_BYTES)
            .setMaxHeaderCount(200)
            .setMaxEmptyLineCount(10)
            .build();

    private final SocketChannel channel;
    private final boolean isProxied;
    private final SessionInputBufferImpl buffer = new SessionInputBufferImpl(BUFFER_BYTES, LINE_BYTES);
    private final DefaultHttpResponseParser parser = new DefaultHttpResponseParser(LIMITS);
    private final ByteBuffer oneByte = ByteBuffer.allocateDirect(1);
    private Socket socket;
    private Watched in = new Watched(InputStream.nullInputStream());
    private OutputStream out = OutputStream.nullOutputStream();
    private volatile long usedAt; // by System.nanoTime()

    /** Not connected yet. */
    HttpLink(boolean isProxied) throws IOException {
        this.isProxied = isProxied;
        this.channel = SocketChannel.open();
        this.socket = channel.socket();
    }

    /** Whether there is a proxy at the other end. */
    boolean isProxied() {
        return isProxied;
    }

    /** To this address and no other: nothing is looked up. */
    void connect(InetAddress address, int port, Duration timeout) throws IOException {
        socket.connect(new InetSocketAddress(address, port), Math.toIntExact(Math.max(1, timeout.toMillis())));
        socket.setTcpNoDelay(true);
        use(socket);
    }

    /** Has a proxy connect it with the receiver, which then is at the other end. */
    void tunnel(String authority) throws IOException, HttpException {
        String text = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n";
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        int status = readHead().getCode();
        if (status / 100 != OK / 100 || buffer.hasBufferedData()) {
            throw new IOException("the proxy answered " + status + " instead of connecting");
        }
    }

    /** From now on all is encrypted, and the certificate was that of the host. */
    void encrypt(SSLSocketFactory sockets, String host, int port) throws IOException {
        SSLSocket secure = (SSLSocket) sockets.createSocket(socket, host, port, true);
        SSLParameters parameters = secure.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        secure.setSSLParameters(parameters);
        secure.startHandshake();
        use(secure);
    }

    private void use(Socket connected) throws IOException {
        socket = connected;
        in = new Watched(connected.getInputStream());
        out = connected.getOutputStream();
        usedAt = System.nanoTime();
    }

    /**
     * Sends a request and reads its answer.
     *
     * @return whether it can be used for another one
     */
    boolean exchange(HttpPost request, HttpAnswer answer) throws IOException, HttpException {
        try {
            request.sendTo(out, isProxied);
        } catch (IOException e) {
            readRefusal(answer, e);
            return false;
        }
        ClassicHttpResponse head = readHead();
        answer.begin(head);
        boolean isWhole = !MessageSupport.canResponseHaveBody(METHOD, head) || answer.read(body(head));
        usedAt = System.nanoTime();
        return isWhole
                && head.getCode() >= OK
                && !buffer.hasBufferedData()
                && !in.hasEnded()
                && DefaultConnectionReuseStrategy.INSTANCE.keepAlive(null, head, null);
    }

    /** Who refuses what is too large may say so and close before all of it is read. He has not stored it, whatever he says. */
    private void readRefusal(HttpAnswer answer, IOException failure) throws IOException {
        try {
            ClassicHttpResponse head = readHead();
            if (head.getCode() / 100 != OK / 100) {
                answer.begin(head);
                answer.read(body(head));
                return;
            }
        } catch (IOException | HttpException e) {
            failure.addSuppressed(e);
        }
        throw failure;
    }

    /** The first that is final. */
    private ClassicHttpResponse readHead() throws IOException, HttpException {
        while (true) {
            ClassicHttpResponse head = parser.parse(buffer, in);
            if (head == null || in.hasEnded()) { // the parser takes an end within the headers for theirs
                throw new NoHttpResponseException("it was closed before an answer came");
            }
            if (head.getVersion().getMajor() != HttpVersion.HTTP_1_1.getMajor()) {
                throw new UnsupportedHttpVersionException(head.getVersion());
            }
            if (head.getCode() >= OK || head.getCode() == SWITCHING) {
                return head;
            }
        }
    }

    private InputStream body(ClassicHttpResponse head) throws HttpException {
        long length = DefaultContentLengthStrategy.INSTANCE.determineLength(head);
        if (length == ContentLengthStrategy.CHUNKED) {
            return new ChunkedInputStream(buffer, in, LIMITS);
        }
        return length < 0 ? new IdentityInputStream(buffer, in) : new ContentLengthInputStream(buffer, in, length);
    }

    /** Whether it was used lately. For any thread. */
    boolean isUsedWithin(Duration longest) {
        return System.nanoTime() - usedAt <= longest.toNanos();
    }

    /** Whether the other end has not closed it since, and said nothing that nobody asked for. */
    boolean isFresh() {
        try {
            return hasNothingToRead() && isOpenAndSilent();
        } catch (IOException e) {
            return false;
        }
    }

    /** What came over an encrypted one may be decrypted already, be its end, or be about the encryption only. */
    private boolean hasNothingToRead() throws IOException {
        if (!(socket instanceof SSLSocket)) {
            return true;
        }
        if (in.available() > 0) {
            return false;
        }
        if (channel.socket().getInputStream().available() == 0) {
            return true;
        }
        socket.setSoTimeout(1);
        try {
            in.read();
            return false;
        } catch (SocketTimeoutException e) {
            return true;
        } finally {
            socket.setSoTimeout(0);
        }
    }

    /** If something comes right now a byte of it is lost, but then it is not used any more. */
    private boolean isOpenAndSilent() throws IOException {
        channel.configureBlocking(false);
        try {
            return channel.read(oneByte.clear()) == 0;
        } finally {
            channel.configureBlocking(true);
        }
    }

    /** Closes it so that the kernel forgets what it has not sent yet: it shall not arrive behind what is newer. */
    void abandon() {
        try {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        } catch (IOException e) {
            // it is closed already, or will be
        }
        close();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // it is given up, whatever it says
        }
    }

    /** Knows whether the other end has ended it. */
    private static final class Watched extends FilterInputStream {

        private boolean ended;

        private Watched(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            int n = super.read(bytes, from, length);
            ended |= n < 0;
            return n;
        }

        private boolean hasEnded() {
            return ended;
        }
    }
}
