package dev.tidemark.inbox;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A running HTTP server that receives for one {@link HttpSubscription}. Safe for many threads. */
public final class SubscriptionServer implements AutoCloseable {

    private static final int DEFAULT_BACKLOG = 0;

    private final HttpServer server;
    private final ExecutorService threads;
    private final Requests requests;
    private final Duration stopDeadline;
    private final Runnable whenClosed;

    private SubscriptionServer(
            HttpServer server, ExecutorService threads, Requests requests, Duration stopDeadline, Runnable whenClosed) {
        this.server = server;
        this.threads = threads;
        this.requests = requests;
        this.stopDeadline = stopDeadline;
        this.whenClosed = whenClosed;
    }

    static SubscriptionServer start(
            InetSocketAddress address,
            String path,
            HttpHandler handler,
            int threads,
            Duration stopDeadline,
            Runnable whenClosed)
            throws IOException {
        setUnlessGiven("sun.net.httpserver.nodelay", "true");
        setUnlessGiven("sun.net.httpserver.maxReqTime", "60");
        HttpServer server = HttpServer.create(address, DEFAULT_BACKLOG);
        ExecutorService executor = Executors.newFixedThreadPool(threads, named());
        Requests requests = new Requests(handler);
        server.createContext(path, requests);
        server.setExecutor(executor);
        server.start();
        return new SubscriptionServer(server, executor, requests, stopDeadline, whenClosed);
    }

    private static void setUnlessGiven(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    private static ThreadFactory named() {
        AtomicInteger count = new AtomicInteger();
        return task -> new Thread(task, "tidemark-subscription-" + count.incrementAndGet());
    }

    /** Where it listens, with the port that was chosen if 0 was asked for. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    public int port() {
        return address().getPort();
    }

    /**
     * Takes no more events, waits for those that are being handled, at most for the stop deadline, and stops. Those
     * that did not end in time are interrupted and roll back, so that they are delivered again. Idempotent.
     */
    @Override
    public void close() {
        boolean interrupted = !requests.awaitNone(stopDeadline);
        server.stop(0);
        threads.shutdownNow();
        try {
            threads.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        whenClosed.run();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Counts requests, and refuses new ones once the server stops: it would cut them off. */
    private static final class Requests implements HttpHandler {

        private final HttpHandler handler;
        private int running;
        private boolean stopping;

        Requests(HttpHandler handler) {
            this.handler = handler;
        }

        @Override
        public void handle(HttpExchange exchange) throws IOException {
            boolean accepted = begin();
            try {
                if (accepted) {
                    handler.handle(exchange);
                } else {
                    JdkHandler.send(exchange, Answers.INTERRUPTED);
                }
            } finally {
                exchange.close();
                if (accepted) {
                    end();
                }
            }
        }

        private synchronized boolean begin() {
            if (!stopping) {
                running++;
            }
            return !stopping;
        }

        private synchronized void end() {
            running--;
            notifyAll();
        }

        /** Returns false if it was interrupted while it waited. */
        synchronized boolean awaitNone(Duration atMost) {
            stopping = true;
            long deadline = System.nanoTime() + atMost.toNanos();
            try {
                for (long left = atMost.toNanos(); running > 0 && left > 0; left = deadline - System.nanoTime()) {
                    TimeUnit.NANOSECONDS.timedWait(this, left);
                }
                return true;
            } catch (InterruptedException e) {
                return false;
            }
        }
    }
}
