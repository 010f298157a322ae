package dev.tidemark.inbox.directory;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** The service that owns users, as it answers to one test. */
final class UsersApi implements AutoCloseable {

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch closing = new CountDownLatch(1);

    /** What was asked, with the header {@code authorization}. */
    final List<String> asked = new CopyOnWriteArrayList<>();

    /** How many asked at once, at most. */
    final AtomicInteger most = new AtomicInteger();

    private final AtomicInteger asking = new AtomicInteger();

    volatile int status = 200;
    volatile String name = "owner's";
    volatile String etag = "\"1\"";
    volatile CountDownLatch gate = new CountDownLatch(0);
    volatile boolean stallsInBody;

    UsersApi() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/users/", this::answer);
        server.setExecutor(threads);
        server.start();
    }

    URI user(String id) {
        return URI.create("http://localhost:" + server.getAddress().getPort() + "/users/" + id);
    }

    private void answer(HttpExchange exchange) throws IOException {
        most.accumulateAndGet(asking.incrementAndGet(), Math::max);
        try (exchange) {
            int answered = status; // as they are when it is asked, like what a database shows
            byte[] body = name.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("etag", etag);
            asked.add(exchange.getRequestURI().getPath() + " "
                    + exchange.getRequestHeaders().getFirst("authorization"));
            gate.await();
            asking.decrementAndGet(); // before whoever asked can ask again
            exchange.sendResponseHeaders(answered, body.length + (stallsInBody ? 1 : 0));
            OutputStream out = exchange.getResponseBody();
            out.write(body);
            out.flush();
            if (stallsInBody) {
                closing.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closing.countDown();
        gate.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
