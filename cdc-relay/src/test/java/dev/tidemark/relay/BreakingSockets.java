package dev.tidemark.relay;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.SocketFactory;

/** Sockets of the driver, from which a thread that is to break can read nothing: an error comes instead. */
public final class BreakingSockets extends SocketFactory {

    private static final String NONE = "";

    private static volatile String breaking = NONE;

    /** Called by the driver. */
    public BreakingSockets() {}

    /** @param thread its name; whatever it reads from a server from now on is an error */
    static void breakThread(String thread) {
        breaking = thread;
    }

    static void breakNone() {
        breaking = NONE;
    }

    static String url(String url) {
        return url + (url.contains("?") ? "&" : "?") + "socketFactory=" + BreakingSockets.class.getName();
    }

    @Override
    public Socket createSocket() {
        return new BreakingSocket();
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
        throw new UnsupportedOperationException();
    }

    private static final class BreakingSocket extends Socket {

        @Override
        public InputStream getInputStream() throws IOException {
            return new FilterInputStream(super.getInputStream()) {
                @Override
                public int read(byte[] buffer, int offset, int length) throws IOException {
                    if (Thread.currentThread().getName().equals(breaking)) {
                        throw new StackOverflowError("of the test");
                    }
                    return super.read(buffer, offset, length);
                }
            };
        }
    }
}
