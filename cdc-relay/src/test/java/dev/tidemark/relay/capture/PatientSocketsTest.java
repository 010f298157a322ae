package dev.tidemark.relay.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import org.junit.jupiter.api.Test;

class PatientSocketsTest {

    private static final int DRIVERS_LOOK = 1;

    @Test
    void onlyLooksAreMadeLonger() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket socket = new PatientSockets().createSocket(server.getInetAddress(), server.getLocalPort())) {
            assertThat(timeoutOf(socket, 0)).isZero();
            assertThat(timeoutOf(socket, 30_000)).isEqualTo(30_000);
        }
    }

    /** A busy server says every few milliseconds that there is nothing, and each time the driver looks again. */
    @Test
    void allLooksOfOneCallTogetherLastNoLongerThanOne() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket socket = new PatientSockets().createSocket(server.getInetAddress(), server.getLocalPort())) {
            await().pollInSameThread().until(() -> {
                PatientSockets.beginLook();
                return timeoutOf(socket, DRIVERS_LOOK) > DRIVERS_LOOK;
            });
            await().pollInSameThread().until(() -> timeoutOf(socket, DRIVERS_LOOK) == DRIVERS_LOOK);
        }
    }

    private static int timeoutOf(Socket socket, int asked) throws SocketException {
        socket.setSoTimeout(asked);
        return socket.getSoTimeout();
    }
}
