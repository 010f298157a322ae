package dev.tidemark.torture;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tidemark.envelope.CloudEventsHttp;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A subscriber's HTTP server in this process, which tells the {@link Ledger} of all it takes, and which can be told
 * to behave badly. Safe for many threads.
 */
final class Receiver implements AutoCloseable {

    /** Header by which relays are told apart. */
    static final String RELAY_HEADER = "x-relay";

    private static final int THREADS = 64;

    /** What a subscriber does with an event; the status that it answers, or 0 if it breaks the connection instead. */
    interface Taking {
        int take(Map<String, List<String>> headers, byte[] body) throws InterruptedException;
    }

    private final String name;
    private final Ledger ledger;
    private volatile Taking taking;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition calmed = lock.newCondition();
    private final ExecutorService threads;
    private final AtomicInteger requests = new AtomicInteger();
    private final int port;
    private HttpServer server;
    private volatile Manner manner;
    private volatile boolean closed;

    /**
     * Listens on a free port.
     *
     * @param manner how it behaves until it is told otherwise
     */
    Receiver(String name, Ledger ledger, Manner manner, Taking taking) throws IOException {
        this.name = name;
        this.ledger = ledger;
        this.manner = manner;
        this.taking = taking;
        this.threads = Executors.newFixedThreadPool(THREADS, work -> new Thread(work, "receiver-" + name));
        this.server = listen(0);
        this.port = server.getAddress().getPort();
    }

    private HttpServer listen(int onPort) throws IOException {
        HttpServer listening = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), onPort), 0);
        listening.setExecutor(threads);
        listening.createContext("/", this::receive);
        listening.start();
        return listening;
    }

    String name() {
        return name;
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + port + "/events");
    }

    /** Behaves as told from now on, and answers to requests that hang. */
    void behave(Manner manner) {
        lock.lock();
        try {
            this.manner = manner;
            calmed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Takes events in another way from now on. */
    void takeBy(Taking other) {
        taking = other;
    }

    /** How many requests it got, those that it did not take included. */
    int requests() {
        return requests.get();
    }

    Manner manner() {
        return manner;
    }

    /** Closes the port; what is being handled is cut off. */
    synchronized void goDown() {
        server.stop(0);
    }

    /** Opens the port again. */
    synchronized void comeBack() {
        try {
            if (!closed) {
                server = listen(port);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("receiver " + name + " cannot come back on port " + port, e);
        }
    }

    private void receive(HttpExchange exchange) {
        try (exchange) {
            requests.incrementAndGet();
            byte[] body = exchange.getRequestBody().readAllBytes();
            Ledger.Sender sender = ledger.sender(exchange.getRequestHeaders().getFirst(RELAY_HEADER));
            List<Envelope> events = read(exchange, body);
            switch (reaction(events)) {
                case TAKE -> take(exchange, events, body, sender, true);
                case TAKE_IN_SILENCE -> take(exchange, events, body, sender, false);
                case REFUSE -> answer(exchange, 503);
                case PUT_OFF -> {
                    exchange.getResponseHeaders().set("Retry-After", "1");
                    answer(exchange, 429);
                }
                case REJECT -> answer(exchange, 400);
                case HANG -> awaitOtherManner();
                default -> throw new IllegalStateException("no such reaction");
            }
        } catch (IOException e) {
            // the relay is gone, or has given up
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static List<Envelope> read(HttpExchange exchange, byte[] body) {
        String type = exchange.getRequestHeaders().getFirst("content-type");
        return CloudEventsHttp.BATCH.equals(type)
                ? CloudEventsJson.readBatch(body)
                : List.of(CloudEventsHttp.read(exchange.getRequestHeaders(), body));
    }

    /** Toward the first that it does not just take. */
    private Manner.Reaction reaction(List<Envelope> events) {
        return events.stream()
                .map(manner::toward)
                .filter(reaction -> reaction != Manner.Reaction.TAKE)
                .findFirst()
                .orElse(Manner.Reaction.TAKE);
    }

    /** The events are taken, whatever becomes of the answer. */
    private void take(HttpExchange exchange, List<Envelope> events, byte[] body, Ledger.Sender sender, boolean answers)
            throws IOException, InterruptedException {
        int status = taking.take(exchange.getRequestHeaders(), body);
        if (status / 100 != 2) {
            if (status != 0) {
                answer(exchange, status);
            }
            return;
        }
        events.forEach(event -> ledger.arrived(name, event, sender));
        if (!answers) {
            unanswered(events);
            return; // closing it without an answer
        }
        try {
            answer(exchange, status);
        } catch (IOException e) {
            unanswered(events);
            throw e;
        }
    }

    private void unanswered(List<Envelope> events) {
        events.forEach(event -> ledger.unanswered(name, event.id()));
    }

    private static void answer(HttpExchange exchange, int status) throws IOException {
        exchange.sendResponseHeaders(status, -1);
    }

    /** What hung is dropped: the relay has long given it up, and sent it again. */
    private void awaitOtherManner() throws InterruptedException {
        Manner hanging = manner;
        lock.lock();
        try {
            while (manner == hanging && !closed) {
                calmed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        behave(Manner.GOOD);
        server.stop(0);
        threads.shutdownNow();
    }
}
