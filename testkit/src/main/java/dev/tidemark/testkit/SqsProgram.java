package dev.tidemark.testkit;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * ElasticMQ, which speaks the protocol of SQS, from its own jars. They have a server but no program, which is
 * {@link #main}. It keeps everything in memory.
 */
final class SqsProgram {

    /** A directory with the jars of ElasticMQ and all that they need. */
    static final String JARS_PROPERTY = "tidemark.sqs.jars";

    private static final int ANSWERS_WITHIN_MILLIS = 1_000;
    private static final String HOST = "127.0.0.1";
    private static final String BUILDER = "org.elasticmq.rest.sqs.SQSRestServerBuilder";

    private SqsProgram() {}

    /**
     * The server, as strict as SQS, in a JVM of its own until that is ended. By reflection, since nothing has its jars
     * on the class path but that JVM.
     *
     * @param arguments the port
     */
    public static void main(String[] arguments) throws ReflectiveOperationException {
        Object builder =
                Class.forName(BUILDER).getMethod("withPort", int.class).invoke(null, Integer.parseInt(arguments[0]));
        Object local =
                builder.getClass().getMethod("withInterface", String.class).invoke(builder, HOST);
        try {
            Object server = local.getClass().getMethod("start").invoke(local);
            server.getClass().getMethod("waitUntilStarted").invoke(server);
        } catch (InvocationTargetException e) {
            System.getLogger(BUILDER).log(System.Logger.Level.ERROR, "the server does not start", e);
            Runtime.getRuntime().halt(1); // its threads would go on without it
        }
    }

    /** The JVM that runs it; empty if the jars are not there. */
    static Optional<Path> find() {
        return Optional.ofNullable(System.getProperty(JARS_PROPERTY))
                .filter(jars -> new File(jars).isDirectory())
                .map(jars -> Path.of(System.getProperty("java.home"), "bin", "java"));
    }

    /** What the JVM needs to run it. */
    static List<String> arguments(int port) {
        return new ArrayList<>(List.of(
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp",
                ours() + File.pathSeparator + System.getProperty(JARS_PROPERTY) + File.separator + "*",
                SqsProgram.class.getName(),
                Integer.toString(port)));
    }

    private static Path ours() {
        try {
            return Path.of(SqsProgram.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the classes of the testkit are nowhere", e);
        }
    }

    static boolean answers(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), ANSWERS_WITHIN_MILLIS);
            socket.setSoTimeout(ANSWERS_WITHIN_MILLIS);
            socket.getOutputStream().write("GET /health HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            return socket.getInputStream().read() == 'H';
        } catch (IOException notYet) {
            return false;
        }
    }
}
