package dev.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a server that sends back whatever it gets. */
class FaultyProxyTest {

    private final Queue<String> received = new ConcurrentLinkedQueue<>();

    private ServerSocket echo;
    private FaultyProxy proxy;

    @BeforeEach
    void start() throws IOException {
        echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon(this::serve);
        proxy = FaultyProxy.to(echo.getInetAddress().getHostAddress(), echo.getLocalPort());
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
        echo.close();
    }

    @Test
    void passesBytesOnAndBackAndTheEndToo() throws IOException {
        try (Socket client = connect()) {
            assertThat(ask(client, "hello")).isEqualTo("hello");
            client.shutdownOutput();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void delaysBothDirections() throws IOException {
        try (Socket client = connect()) {
            ask(client, "first");
            proxy.delay(Duration.ofMillis(100));
            long start = System.nanoTime();
            assertThat(ask(client, "hello")).isEqualTo("hello");
            assertThat(System.nanoTime() - start)
                    .isGreaterThanOrEqualTo(Duration.ofMillis(200).toNanos());
        }
    }

    @Test
    void tricklesOneByteAtATime() throws IOException {
        try (Socket client = connect()) {
            proxy.trickle(Duration.ofMillis(10));
            long start = System.nanoTime();
            assertThat(ask(client, "hello")).isEqualTo("hello");
            assertThat(System.nanoTime() - start)
                    .isGreaterThanOrEqualTo(Duration.ofMillis(6 * 10).toNanos());
        }
    }

    @Test
    void aBlackHoleKeepsWhatItGotUntilTheLinkHeals() throws IOException {
        try (Socket client = connect()) {
            ask(client, "first");
            proxy.blackHole();
            client.setSoTimeout(200);
            assertThatThrownBy(() -> ask(client, "hello")).isInstanceOf(SocketTimeoutException.class);
            assertThat(received).containsExactly("first");
            client.setSoTimeout(120_000);
            proxy.pass();
            assertThat(read(client, 5)).isEqualTo("hello");
        }
    }

    @Test
    void resetBreaksWhatIsOpenAndLeavesTheLinkWhole() throws IOException {
        try (Socket client = connect()) {
            ask(client, "first");
            proxy.reset();
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
        }
        try (Socket next = connect()) {
            assertThat(ask(next, "second")).isEqualTo("second");
        }
    }

    @Test
    void theTargetGetsARequestWhoseAnswerIsLost() throws IOException {
        try (Socket client = connect()) {
            proxy.resetBeforeAnswer();
            assertThatThrownBy(() -> ask(client, "hello")).isInstanceOf(IOException.class);
            assertThat(received).containsExactly("hello");
        }
    }

    @Test
    void aCutLinkEndsConnectionsUntilItIsMended() throws IOException {
        try (Socket client = connect()) {
            ask(client, "first");
            proxy.cut();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
            assertThat(proxy.connections()).isZero();
        }
        try (Socket refused = connect()) {
            assertThat(refused.getInputStream().read()).isEqualTo(-1);
        }
        proxy.pass();
        try (Socket next = connect()) {
            assertThat(ask(next, "second")).isEqualTo("second");
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(proxy.host(), proxy.port());
        socket.setSoTimeout(120_000);
        return socket;
    }

    private static String ask(Socket socket, String question) throws IOException {
        socket.getOutputStream().write(question.getBytes(StandardCharsets.US_ASCII));
        return read(socket, question.length());
    }

    private static String read(Socket socket, int length) throws IOException {
        byte[] answer = socket.getInputStream().readNBytes(length);
        if (answer.length < length) {
            throw new IOException("connection ended after " + answer.length + " bytes");
        }
        return new String(answer, StandardCharsets.US_ASCII);
    }

    private void serve() {
        while (!echo.isClosed()) {
            try {
                Socket socket = echo.accept();
                socket.setTcpNoDelay(true);
                daemon(() -> echo(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void echo(Socket socket) {
        byte[] buffer = new byte[1024];
        try (socket) {
            InputStream in = socket.getInputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                received.add(new String(buffer, 0, read, StandardCharsets.US_ASCII));
                socket.getOutputStream().write(buffer, 0, read);
            }
        } catch (IOException e) {
            return; // broken on purpose
        }
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        thread.start();
    }
}
