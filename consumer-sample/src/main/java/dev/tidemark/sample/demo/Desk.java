package dev.tidemark.sample.demo;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what the processes of consumers tell of their events, see {@link Telling}. Of one that dies, it remembers the events
 * whose transactions were open: whether they were committed only the database knows.
 */
final class Desk implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Desk.class);

    private final Reception reception;
    private final ServerSocket server;
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "desk");
        thread.setDaemon(true);
        return thread;
    });
    private final Map<UUID, Envelope> doubtful = new HashMap<>();

    private Desk(Reception reception, ServerSocket server) {
        this.reception = reception;
        this.server = server;
    }

    /** On a free port of this machine. */
    static Desk open(Reception reception) throws IOException {
        Desk desk = new Desk(reception, new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
        desk.threads.execute(desk::accept);
        return desk;
    }

    int port() {
        return server.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket consumer = server.accept();
                threads.execute(() -> listen(consumer));
            }
        } catch (IOException closed) {
            // and so is the demo
        }
    }

    /** Until the process at the other end ends. */
    private void listen(Socket consumer) {
        Map<UUID, Envelope> underway = new HashMap<>();
        try (consumer;
                DataInputStream in = new DataInputStream(consumer.getInputStream());
                DataOutputStream out = new DataOutputStream(new BufferedOutputStream(consumer.getOutputStream()))) {
            consumer.setTcpNoDelay(true);
            for (int what = in.read(); what >= 0; what = in.read()) {
                take(what, CloudEventsJson.read(in.readNBytes(in.readInt())), underway);
                out.writeByte(what);
                out.flush();
            }
        } catch (IOException dead) {
            log.debug("a consumer has gone", dead);
        } catch (Exception e) {
            log.error("What a consumer has told is not understood", e);
        } finally {
            underway.values().forEach(this::doubt);
        }
    }

    private void take(int what, Envelope event, Map<UUID, Envelope> underway) {
        if (what == Telling.ARRIVED) {
            underway.put(event.id(), event);
            reception.arrived(event);
        } else {
            underway.remove(event.id());
            reception.answered(event, what == Telling.HANDLED);
        }
    }

    private void doubt(Envelope event) {
        reception.answered(event, false);
        synchronized (doubtful) {
            doubtful.put(event.id(), event);
        }
    }

    /** The events whose service died before it could say what became of them. */
    List<Envelope> doubtful() {
        synchronized (doubtful) {
            return new ArrayList<>(doubtful.values());
        }
    }

    /** The database says that {@code event} was handled. */
    void turnedOutHandled(Envelope event) {
        synchronized (doubtful) {
            doubtful.remove(event.id());
        }
        reception.turnedOutHandled(event);
    }

    @Override
    public void close() throws IOException {
        threads.shutdownNow();
        server.close();
    }
}
