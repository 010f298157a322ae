package dev.tidemark.relay.ops;

import com.sun.net.httpserver.HttpServer;
import dev.tidemark.relay.config.OpsConfig;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Serves {@code /health/live}, {@code /health/ready} and {@code /metrics}. */
public final class OpsServer implements AutoCloseable {

    /** The JDK's server reads a request on one of them, and waits there for who is slow, before anybody is asked for a token. */
    private static final int THREADS = 64;

    private static final int IDLE_SECONDS = 60;
    private static final int BACKLOG = 32;
    private static final String REQUEST_SECONDS = "sun.net.httpserver.maxReqTime";
    private static final String RESPONSE_SECONDS = "sun.net.httpserver.maxRspTime";

    static {
        // read once by the JDK's server, which would else let a slow client hold a thread for ever
        for (String limit : List.of(REQUEST_SECONDS, RESPONSE_SECONDS)) {
            if (System.getProperty(limit) == null) {
                System.setProperty(limit, "2");
            }
        }
    }

    private final HttpServer server;
    private final ExecutorService threads;

    private OpsServer(HttpServer server, ExecutorService threads) {
        this.server = server;
        this.threads = threads;
    }

    /**
     * Listens, and answers from now on.
     *
     * @param live what must hold, or the process should be restarted
     * @param ready what must hold for the relay to do its work
     * @param metrics the text of a scrape
     * @throws IOException if the address cannot be listened on; the message says which and why
     */
    public static OpsServer start(
            OpsConfig config, List<HealthCheck> live, List<HealthCheck> ready, Supplier<String> metrics)
            throws IOException {
        HttpServer server = bind(config);
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                THREADS, THREADS, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), OpsServer::thread);
        threads.allowCoreThreadTimeOut(true);
        server.setExecutor(threads);
        OpsPages pages = new OpsPages(config.token(), List.copyOf(live), List.copyOf(ready), metrics);
        server.createContext("/", pages::handle);
        server.start();
        return new OpsServer(server, threads);
    }

    /** The port it listens on, which the configuration may have left open. */
    public int port() {
        return server.getAddress().getPort();
    }

    /** Listens no more. Idempotent. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private static HttpServer bind(OpsConfig config) throws IOException {
        String host = config.host().replaceAll("[\\[\\]]", "");
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getByName(host), config.port()), BACKLOG);
        } catch (UnknownHostException e) {
            throw new IOException("ops.host " + host + " is not an address of this machine", e);
        } catch (BindException e) {
            throw new IOException(
                    "ops.host " + host + " and ops.port " + config.port() + " cannot be listened on (" + e.getMessage()
                            + "); choose another port, or 0 for any free one",
                    e);
        }
    }

    private static Thread thread(Runnable task) {
        Thread thread = new Thread(task, "tidemark-ops");
        thread.setDaemon(true);
        return thread;
    }
}
