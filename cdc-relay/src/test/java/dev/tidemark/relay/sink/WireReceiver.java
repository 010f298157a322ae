package dev.tidemark.relay.sink;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A receiver that answers with bytes, as no HTTP server would let it: one connection after the other, by a script. */
final class WireReceiver implements AutoCloseable {

    /** What happens on one connection, which is closed after it. */
    interface Script {
        void run(Talk talk) throws IOException, InterruptedException;
    }

    private final ServerSocket listener;
    private final Script script;
    private final AtomicInteger connections = new AtomicInteger();
    private final List<String> heads = new ArrayList<>(); // guarded by this, as the next one
    private final List<Socket> sockets = new ArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);

    WireReceiver(ServerSocket listener, Script script) {
        this.listener = listener;
        this.script = script;
        start(this::accept);
    }

    URI url(String scheme, String host) {
        return URI.create(scheme + "://" + host + ":" + listener.getLocalPort() + "/events?a=b");
    }

    int port() {
        return listener.getLocalPort();
    }

    int connections() {
        return connections.get();
    }

    /** Everything before the body, of each request. */
    synchronized List<String> heads() {
        return List.copyOf(heads);
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                connections.incrementAndGet();
                synchronized (this) {
                    sockets.add(socket);
                }
                start(() -> talk(socket));
            }
        } catch (IOException e) {
            // it was closed
        }
    }

    private void talk(Socket socket) {
        try (socket) {
            script.run(new Talk(socket));
        } catch (IOException | InterruptedException e) {
            // the other side has had enough, or the test is over
        }
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "wire receiver");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            listener.close();
            synchronized (this) {
                for (Socket socket : sockets) {
                    socket.close();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One connection. */
    final class Talk {

        private final Socket socket;
        private final InputStream in;
        private final OutputStream out;

        private Talk(Socket socket) throws IOException {
            this.socket = socket;
            this.in = socket.getInputStream();
            this.out = socket.getOutputStream();
        }

        Socket socket() {
            return socket;
        }

        /** The same connection, seen in another way. */
        Talk over(Socket other) throws IOException {
            return new Talk(other);
        }

        /** Reads up to the empty line. */
        String readHead() throws IOException {
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                int b = in.read();
                if (b < 0) {
                    throw new IOException("it was closed");
                }
                head.append((char) b);
            }
            synchronized (WireReceiver.this) {
                heads.add(head.toString());
            }
            return head.toString();
        }

        void readRequest() throws IOException {
            String head = readHead().toLowerCase(Locale.ROOT);
            int at = head.indexOf("content-length: ") + "content-length: ".length();
            in.readNBytes(Integer.parseInt(head.substring(at, head.indexOf("\r", at))));
        }

        void write(String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
        }

        /** Reads nothing and says nothing until the test is over. */
        void stall() throws InterruptedException {
            closed.await();
        }
    }
}
