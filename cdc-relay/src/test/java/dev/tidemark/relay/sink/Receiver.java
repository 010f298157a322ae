package dev.tidemark.relay.sink;

import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tidemark.envelope.CloudEventsHttp;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.relay.Patience;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An HTTP server that takes CloudEvents and answers 204, or what it was told to. */
final class Receiver implements SinkContract.Destination, AutoCloseable {

    /** Answers one request. */
    interface Behaviour {
        void answer(HttpExchange exchange) throws IOException;
    }

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
            .build();
    private static final Behaviour ACCEPT = exchange -> exchange.sendResponseHeaders(204, -1);

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, Behaviour> behaviours = new ConcurrentHashMap<>();
    private final CountDownLatch unanswered = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile CountDownLatch meeting = new CountDownLatch(0);

    private final List<Envelope> accepted = new ArrayList<>(); // guarded by this, as those below
    private final List<String> arrivals = new ArrayList<>();
    private final List<Map<String, List<String>>> headers = new ArrayList<>();
    private final List<List<String>> requests = new ArrayList<>();
    private final List<byte[]> bodies = new ArrayList<>();
    private final Set<InetSocketAddress> connections = new HashSet<>();
    private final Set<String> aggregatesUnderWay = new HashSet<>();
    private final List<String> overlaps = new ArrayList<>();
    private int underWay;
    private int mostUnderWay;

    Receiver() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    URI url() {
        return URI.create("http://localhost:" + server.getAddress().getPort() + "/events");
    }

    /** What is to happen with an event from now on. */
    void on(String event, Behaviour behaviour) {
        behaviours.put(event, behaviour);
    }

    void answer(String event, int status, String... header) {
        on(event, exchange -> {
            if (header.length > 0) {
                exchange.getResponseHeaders().set(header[0], header[1]);
            }
            exchange.sendResponseHeaders(status, -1);
        });
    }

    private void handle(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        List<Envelope> events = read(exchange, body);
        begin(exchange, events, body);
        meet();
        Behaviour behaviour = events.stream()
                .flatMap(event -> Stream.ofNullable(behaviours.get(Events.label(event))))
                .findFirst()
                .orElse(ACCEPT); // one for a whole batch
        if (behaviour == ACCEPT) {
            synchronized (this) {
                accepted.addAll(events);
            }
        }
        end(events);
        behaviour.answer(exchange);
        exchange.close();
    }

    private static List<Envelope> read(HttpExchange exchange, byte[] body) throws IOException {
        if (!CloudEventsHttp.BATCH.equals(exchange.getRequestHeaders().getFirst("content-type"))) {
            return List.of(CloudEventsHttp.read(exchange.getRequestHeaders(), body));
        }
        List<Envelope> events = new ArrayList<>();
        for (JsonNode event : JSON.readTree(body)) {
            events.add(CloudEventsJson.read(JSON.writeValueAsBytes(event)));
        }
        return events;
    }

    private static Set<String> aggregates(List<Envelope> events) {
        return events.stream().map(event -> event.aggregate().id()).collect(Collectors.toSet());
    }

    /** Holds every request until so many are under way. */
    void awaitTogether(int requests) {
        meeting = new CountDownLatch(requests);
    }

    private void meet() {
        meeting.countDown();
        try {
            meeting.await(Patience.BOUND.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void begin(HttpExchange exchange, List<Envelope> events, byte[] body) {
        bodies.add(body);
        requests.add(events.stream().map(Events::label).toList());
        events.forEach(event -> arrivals.add(Events.label(event)));
        headers.add(Map.copyOf(exchange.getRequestHeaders()));
        connections.add(exchange.getRemoteAddress());
        Set<String> aggregates = aggregates(events);
        aggregates.stream().filter(aggregatesUnderWay::contains).forEach(overlaps::add);
        aggregatesUnderWay.addAll(aggregates);
        underWay++;
        mostUnderWay = Math.max(mostUnderWay, underWay);
    }

    private synchronized void end(List<Envelope> events) {
        aggregatesUnderWay.removeAll(aggregates(events));
        underWay--;
    }

    @Override
    public synchronized List<Envelope> accepted() {
        return List.copyOf(accepted);
    }

    /** Labels of everything that arrived, accepted or not. */
    synchronized List<String> arrivals() {
        return List.copyOf(arrivals);
    }

    synchronized Map<String, List<String>> lastHeaders() {
        return headers.get(headers.size() - 1);
    }

    /** The body of the last request, byte for byte. */
    synchronized byte[] lastBody() {
        return bodies.get(bodies.size() - 1);
    }

    synchronized List<byte[]> bodies() {
        return List.copyOf(bodies);
    }

    /** The labels of each request, in order of arrival. */
    synchronized List<List<String>> requests() {
        return List.copyOf(requests);
    }

    synchronized int connections() {
        return connections.size();
    }

    synchronized List<String> overlaps() {
        return List.copyOf(overlaps);
    }

    synchronized int mostUnderWay() {
        return mostUnderWay;
    }

    @Override
    public void refuseForNow(String event) {
        answer(event, 500);
    }

    @Override
    public void refuseForGood(String event) {
        answer(event, 422);
    }

    @Override
    public void leaveUnanswered(String event) {
        on(event, exchange -> {
            unanswered.countDown();
            awaitClose();
        });
    }

    /**
     * Begins an answer, or not even that, and after {@code resume} sends so much more that a closed
     * connection shows, but not so much that the sink gives up by itself; counts {@code gone} down when the
     * sink has closed the connection.
     */
    void trickle(String event, boolean headAtOnce, CountDownLatch resume, CountDownLatch gone) {
        on(event, exchange -> {
            unanswered.countDown();
            try {
                if (headAtOnce) {
                    exchange.sendResponseHeaders(500, 0);
                    exchange.getResponseBody().flush();
                }
                resume.await();
                if (!headAtOnce) {
                    exchange.sendResponseHeaders(500, 0);
                }
                for (int i = 0; i < HttpAnswer.READ_BYTES / 2; i++) {
                    exchange.getResponseBody().write('x');
                    exchange.getResponseBody().flush();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (IOException e) {
                gone.countDown();
            }
        });
    }

    @Override
    public void awaitUnanswered() throws InterruptedException {
        unanswered.await();
    }

    /** Holds a request until the receiver is closed. */
    void awaitClose() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void acceptAll() {
        behaviours.clear();
    }

    @Override
    public void disappear() {
        server.stop(0);
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
