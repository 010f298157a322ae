package dev.tidemark.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A receiver in the harness's own process, which only notes what it gets. */
final class HttpPlace implements Countable {

    private static final int THREADS = 16;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private final Map<String, Deque<Integer>> arrived = new ConcurrentHashMap<>();

    HttpPlace() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen", e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::receive);
        server.start();
    }

    @Override
    public String open(String run) {
        return "http: { url: \"" + make(run) + "\", addresses: any }";
    }

    private String make(String run) {
        arrived.put(run, new ArrayDeque<>());
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/" + run;
    }

    @Override
    public Told openForServer(String run) {
        return new Told(run, Map.of("type", "http", "http.url", make(run)), Map.of(), Map.of());
    }

    @Override
    public Counter counter(String run) {
        Deque<Integer> own = arrived.getOrDefault(run, new ArrayDeque<>());
        return new Counter() {
            @Override
            public long count() {
                synchronized (own) {
                    return own.size();
                }
            }

            @Override
            public void close() {
                // nothing is open
            }
        };
    }

    private void receive(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        Deque<Integer> own =
                arrived.getOrDefault(exchange.getRequestURI().getPath().substring(1), new ArrayDeque<>());
        synchronized (own) {
            own.add(Workload.findNumber(body));
        }
        exchange.sendResponseHeaders(204, -1);
        exchange.close();
    }

    @Override
    public void read(String run, Gate gate) {
        Deque<Integer> own = arrived.remove(run);
        if (own != null) {
            synchronized (own) {
                own.forEach(gate::arrived);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdown();
    }
}
