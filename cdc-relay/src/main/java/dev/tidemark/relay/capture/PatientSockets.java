package dev.tidemark.relay.capture;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.TimeUnit;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Sockets of a replication stream, on which a look whether something has come may last longer.
 *
 * <p>The driver looks by waiting for a millisecond; a stream that is idle would be looked at a thousand times a second. A
 * wait that ends with the first byte costs nothing by being longer. Reading without end is no choice: the driver then
 * tells the server nothing. Public because the driver makes it by name; a driver that looks in another way is served
 * like any.
 */
public final class PatientSockets extends SocketFactory {

    /** How long a look lasts if nothing comes; what is settled waits so long at most to be noticed. */
    static final int LOOK_MILLIS = 20;

    private static final int DRIVERS_LOOK_MILLIS = 1;

    /** When the thread has looked for long enough, by {@link System#nanoTime}. */
    private static final ThreadLocal<Long> LOOK_ENDS = new ThreadLocal<>();

    /**
     * The calling thread is about to have the driver look. Within one call the driver looks again after each word of the
     * server's that is no message; from now on all these looks together last no longer than one, and beyond that each as
     * short as the driver has it.
     */
    static void beginLook() {
        LOOK_ENDS.set(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS));
    }

    private static int lookMillis() {
        Long ends = LOOK_ENDS.get();
        long left = ends == null ? LOOK_MILLIS : TimeUnit.NANOSECONDS.toMillis(ends - System.nanoTime());
        return (int) Math.max(DRIVERS_LOOK_MILLIS, Math.min(LOOK_MILLIS, left));
    }

    @Override
    public Socket createSocket() {
        return new PatientSocket();
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return connected(new InetSocketAddress(host, port), null);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return connected(new InetSocketAddress(host, port), new InetSocketAddress(localHost, localPort));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return connected(new InetSocketAddress(host, port), null);
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) throws IOException {
        return connected(new InetSocketAddress(host, port), new InetSocketAddress(localHost, localPort));
    }

    private static Socket connected(InetSocketAddress to, @Nullable InetSocketAddress from) throws IOException {
        Socket socket = new PatientSocket();
        if (from != null) {
            socket.bind(from);
        }
        socket.connect(to);
        return socket;
    }

    private static final class PatientSocket extends Socket {

        @Override
        public synchronized void setSoTimeout(int millis) throws SocketException {
            super.setSoTimeout(millis == DRIVERS_LOOK_MILLIS ? lookMillis() : millis);
        }
    }
}
