package dev.tidemark.bench;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The process of a system that is measured. Runs until its standard input ends, which it also does when the harness dies.
 */
final class MeasuredMain {

    private MeasuredMain() {}

    /** @param args the folder with {@link Measured} */
    public static void main(String[] args) throws Exception {
        Measured measured = Measured.read(Path.of(args[0]));
        Arrivals arrivals = measured.arrivals();
        AutoCloseable system = start(measured, arrivals);
        try {
            awaitEndOfInput();
            system.close();
        } finally {
            arrivals.end();
        }
        System.exit(0); // what others have started may not end by itself
    }

    private static AutoCloseable start(Measured measured, Arrivals arrivals) throws Exception {
        return switch (measured.kind()) {
            case "stream" -> BareStream.start(measured, arrivals);
            case "engine" -> BareEngine.start(measured, arrivals);
            default ->
                measured.kind().startsWith("polling")
                        ? PollingPublisher.start(measured, arrivals)
                        : EmbeddedRelay.start(measured, arrivals);
        };
    }

    private static void awaitEndOfInput() throws IOException {
        while (System.in.read() >= 0) {
            // nobody says anything but by ending
        }
    }
}
