package dev.tidemark.relay.doctor;

import dev.tidemark.relay.config.HttpSinkConfig;
import dev.tidemark.relay.config.SubscriberConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** Whether the destinations can be reached. Nothing is sent but what TLS needs. */
record SinkExamination(List<SubscriberConfig> subscribers) {

    private static final int MOST_MILLIS = 5_000;

    void examine(Findings findings) {
        for (SubscriberConfig subscriber : subscribers) {
            if (subscriber.sink() instanceof HttpSinkConfig http) {
                examine("sink " + subscriber.name(), http, findings);
            }
        }
    }

    private static void examine(String check, HttpSinkConfig http, Findings findings) {
        URI url = http.url();
        boolean secure = "https".equalsIgnoreCase(url.getScheme());
        int port = url.getPort() >= 0 ? url.getPort() : secure ? 443 : 80;
        String host = url.getHost().replaceAll("[\\[\\]]", "");
        int millis = (int) Math.min(MOST_MILLIS, http.timeout().toMillis());
        String place = host + ":" + port;
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), millis);
            if (secure) {
                shakeHands(socket, host, port, millis);
            }
            findings.ok(
                    check, place + " answers" + (secure ? ", and its certificate fits" : "") + "; no event was sent");
        } catch (UnknownHostException e) {
            findings.problem(check, "no host is called " + host, "the right name in its http.url, or in DNS");
        } catch (SSLException e) {
            findings.problem(
                    check,
                    place + " answers, but not with TLS that is trusted: " + firstLine(e),
                    "its certificate; or trust it: -Djavax.net.ssl.trustStore=… in TIDEMARK_JAVA_OPTS");
        } catch (IOException e) {
            findings.problem(
                    check,
                    place + " cannot be reached: " + firstLine(e) + "; its events would wait in the backlog",
                    "start the receiver; see its http.url, and firewalls in between");
        }
    }

    private static void shakeHands(Socket plain, String host, int port, int millis) throws IOException {
        SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
        try (SSLSocket socket = (SSLSocket) factory.createSocket(plain, host, port, true)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(millis);
            socket.startHandshake();
        }
    }

    private static String firstLine(IOException e) {
        return String.valueOf(e.getMessage())
                .lines()
                .findFirst()
                .orElse(e.getClass().getSimpleName());
    }
}
