package dev.tidemark.relay.sink;

import dev.tidemark.testkit.Broker;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/**
 * A real broker behind a proxy that knows its protocol: an event can be refused in the words of a real server, or
 * left unanswered, while all others reach the server itself.
 */
abstract class BrokerDestination implements SinkContract.Destination, AutoCloseable {

    /** What becomes of an event that a test has named. */
    enum Behaviour {
        ACCEPT,
        REFUSE_FOR_NOW,
        REFUSE_FOR_GOOD
    }

    private volatile Broker broker;
    private final ServerSocket listener;
    private final Map<String, Behaviour> behaviours = new ConcurrentHashMap<>();
    private final Set<String> unanswered = ConcurrentHashMap.newKeySet();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final CountDownLatch arrived = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);

    BrokerDestination(Broker broker) {
        this.broker = broker;
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen for a proxy", e);
        }
        start(this::accept);
    }

    /** Passes on what comes over one connection, until either end hangs up. */
    abstract void serve(Socket client, Socket server) throws IOException;

    /** Where the sink is to connect. */
    final String place() {
        return "127.0.0.1:" + listener.getLocalPort();
    }

    final Broker broker() {
        return broker;
    }

    /** New connections go to another server; those that are open stay where they are. */
    final void moveTo(Broker other) {
        broker = other;
    }

    /** What becomes of this event; does not return before the end if it is to be left unanswered. */
    final Behaviour behaviour(String event) throws IOException {
        if (unanswered.contains(event)) {
            arrived.countDown();
            try {
                closed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new IOException("the test is over");
        }
        return behaviours.getOrDefault(event, Behaviour.ACCEPT);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                sockets.add(client);
                start(() -> pass(client));
            } catch (IOException e) {
                return; // the test is over
            }
        }
    }

    private void pass(Socket client) {
        try (client;
                Socket server = new Socket(broker.host(), broker.port())) {
            sockets.add(server);
            serve(client, server);
        } catch (IOException e) {
            // one of the two has hung up
        }
    }

    static void start(Runnable work) {
        Thread thread = new Thread(work, "broker proxy");
        thread.setDaemon(true);
        thread.start();
    }

    /** Without its end; empty at the end of the stream. */
    static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            line.append((char) c);
        }
        return line.toString().strip();
    }

    static byte[] exactly(InputStream in, int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new EOFException("hung up in the middle");
        }
        return bytes;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void refuseForNow(String event) {
        behaviours.put(event, Behaviour.REFUSE_FOR_NOW);
    }

    @Override
    public void refuseForGood(String event) {
        behaviours.put(event, Behaviour.REFUSE_FOR_GOOD);
    }

    @Override
    public void leaveUnanswered(String event) {
        unanswered.add(event);
    }

    @Override
    public void awaitUnanswered() throws InterruptedException {
        arrived.await();
    }

    @Override
    public void acceptAll() {
        behaviours.clear();
    }

    @Override
    public void disappear() {
        close();
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close the proxy", e);
        }
    }
}
