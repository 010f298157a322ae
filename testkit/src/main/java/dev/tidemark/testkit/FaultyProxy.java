package dev.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A TCP proxy on this machine whose link can be made bad while it runs. Put its host and port where the target's
 * would stand.
 *
 * <p>Each method sets the state of the link for all connections, present and future, until the next call.
 * Safe for many threads; has two threads of its own for each connection.
 */
public final class FaultyProxy implements AutoCloseable {

    enum Mode {
        PASS,
        DELAY,
        TRICKLE,
        BLACK_HOLE,
        NO_ANSWER,
        CUT
    }

    /** What the link is like now. */
    record State(Mode mode, Duration hold) {}

    private final ServerSocket listener;
    private final String targetHost;
    private final int targetPort;
    private final Set<ProxiedConnection> connections = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile State state = new State(Mode.PASS, Duration.ZERO);

    private FaultyProxy(ServerSocket listener, String targetHost, int targetPort) {
        this.listener = listener;
        this.targetHost = targetHost;
        this.targetPort = targetPort;
    }

    /** Starts a proxy, on a free port of the loopback interface, that passes everything on. */
    public static FaultyProxy to(String host, int port) {
        try {
            FaultyProxy proxy = new FaultyProxy(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), host, port);
            Thread acceptor = new Thread(proxy::accept, "faulty proxy to " + host + ":" + port);
            acceptor.setDaemon(true);
            acceptor.start();
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen for a proxy", e);
        }
    }

    public String host() {
        return listener.getInetAddress().getHostAddress();
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** How many connections are open through it. */
    public int connections() {
        return connections.size();
    }

    /** Heals the link. What waited in a black hole, or for its delay, goes on at once. */
    public void pass() {
        change(Mode.PASS, Duration.ZERO);
    }

    /** Holds back everything for {@code hold}, in both directions. */
    public void delay(Duration hold) {
        change(Mode.DELAY, hold);
    }

    /** Lets one byte through at a time, one for each {@code hold}, in both directions. */
    public void trickle(Duration hold) {
        change(Mode.TRICKLE, hold);
    }

    /** Keeps connections open, accepts new ones, and moves nothing: what a cable pulled out looks like. */
    public void blackHole() {
        change(Mode.BLACK_HOLE, Duration.ZERO);
    }

    /** Passes requests on, and resets the connection instead of passing on the answer. */
    public void resetBeforeAnswer() {
        change(Mode.NO_ANSWER, Duration.ZERO);
    }

    /** Resets all connections, once; does not change the state of the link. */
    public void reset() {
        connections.forEach(ProxiedConnection::reset);
    }

    /** Closes all connections in an orderly way, and new ones as soon as they are made. */
    public void cut() {
        change(Mode.CUT, Duration.ZERO);
        connections.forEach(ProxiedConnection::close);
    }

    /**
     * Closes one connection towards the target, of which the client is not told: as a firewall does that has forgotten it.
     *
     * @param port from which the target sees it come
     * @throws IllegalArgumentException if none comes from there
     */
    public void forget(int port) {
        connections.stream()
                .filter(connection -> connection.targetSees(port))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no connection comes from port " + port))
                .forget();
    }

    private void change(Mode mode, Duration hold) {
        lock.lock();
        try {
            state = new State(mode, hold);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    State state() {
        return state;
    }

    /** Returns the state of the link once it is another than {@code before}, or when its wait is over. */
    State awaitChange(State before) throws InterruptedException {
        lock.lock();
        try {
            long nanos = before.mode == Mode.BLACK_HOLE ? Long.MAX_VALUE : before.hold.toNanos();
            while (state.equals(before) && nanos > 0) {
                nanos = changed.awaitNanos(nanos);
            }
            return state;
        } finally {
            lock.unlock();
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                connect(listener.accept());
            } catch (IOException e) {
                // closed, or the client has gone already: then the next one, or none
            }
        }
    }

    private void connect(Socket client) throws IOException {
        if (state.mode == Mode.CUT) {
            client.close();
            return;
        }
        Socket target;
        try {
            target = new Socket(targetHost, targetPort);
            target.setTcpNoDelay(true); // bytes arrive as they were let through
            client.setTcpNoDelay(true);
        } catch (IOException e) {
            client.close(); // as the target's own refusal would end it
            throw e;
        }
        ProxiedConnection connection = new ProxiedConnection(this, client, target, connections::remove);
        connections.add(connection);
        connection.start();
        if (state.mode == Mode.CUT || listener.isClosed()) {
            connection.close();
        }
    }

    /** Ends all connections. Idempotent. */
    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close the proxy on port " + port(), e);
        } finally {
            cut();
        }
    }

    /** For people: both ends, and the state of the link. */
    @Override
    public String toString() {
        return host() + ":" + port() + " → " + targetHost + ":" + targetPort + " (" + state.mode + " "
                + state.hold.toMillis() + " ms)";
    }
}
