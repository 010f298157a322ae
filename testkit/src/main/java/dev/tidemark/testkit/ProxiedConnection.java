package dev.tidemark.testkit;

import dev.tidemark.testkit.FaultyProxy.Mode;
import dev.tidemark.testkit.FaultyProxy.State;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** One connection through a {@link FaultyProxy}: two sockets, and a thread for each direction. */
final class ProxiedConnection {

    private static final int BUFFER_BYTES = 16 * 1024;

    private final FaultyProxy proxy;
    private final Socket client;
    private final Socket target;
    private final Consumer<ProxiedConnection> ended;
    private final AtomicInteger openDirections = new AtomicInteger(2);
    private volatile boolean forgotten;

    ProxiedConnection(FaultyProxy proxy, Socket client, Socket target, Consumer<ProxiedConnection> ended) {
        this.proxy = proxy;
        this.client = client;
        this.target = target;
        this.ended = ended;
    }

    void start() {
        thread("to", () -> pump(client, target, false)).start();
        thread("from", () -> pump(target, client, true)).start();
    }

    boolean targetSees(int port) {
        return target.getLocalPort() == port;
    }

    private Thread thread(String direction, Runnable pump) {
        Thread thread = new Thread(pump, "faulty proxy " + direction + " " + target.getRemoteSocketAddress());
        thread.setDaemon(true);
        return thread;
    }

    /** Moves bytes until one side has closed; the other side learns of it, so that half-closed connections work. */
    private void pump(Socket from, Socket to, boolean answers) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (answers && proxy.state().mode() == Mode.NO_ANSWER) {
                    reset();
                    return;
                }
                move(buffer, read, out);
            }
            if (forgotten) {
                return;
            }
            to.shutdownOutput();
            if (openDirections.decrementAndGet() == 0) {
                close();
            }
        } catch (IOException e) {
            if (forgotten) {
                return; // the client's socket stays open, and nobody reads it
            }
            reset(); // one side broke the connection, so the other sees it broken too
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
        }
    }

    private void move(byte[] buffer, int length, OutputStream out) throws IOException, InterruptedException {
        int moved = 0;
        State seen = null;
        while (moved < length) {
            State now = proxy.state();
            boolean waited = now.equals(seen); // a wait that was cut short by a new state starts again under that
            seen = now;
            int step = now.mode() == Mode.TRICKLE ? 1 : length - moved;
            boolean waits = now.mode() == Mode.BLACK_HOLE || now.mode() == Mode.DELAY || now.mode() == Mode.TRICKLE;
            if (waits && !waited) {
                proxy.awaitChange(now);
                continue;
            }
            out.write(buffer, moved, step);
            moved += step;
            seen = null;
        }
    }

    /** Ends it for the target, and leaves the client alone. */
    void forget() {
        forgotten = true;
        close(target);
    }

    /** Ends it with a reset, so that both sides see an error and not an end. */
    void reset() {
        abort(client);
        abort(target);
        ended.accept(this);
    }

    private static void abort(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            return; // closed already
        } finally {
            close(socket);
        }
    }

    void close() {
        close(client);
        close(target);
        ended.accept(this);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new IllegalStateException("closing a socket failed", e);
        }
    }
}
