package dev.tidemark.sample.scaleout;

import static java.util.Objects.requireNonNull;

import dev.tidemark.testkit.Broker;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** Two workers of a distributed Kafka Connect, each a process of its own. */
final class ConnectCluster implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Map<String, String> ONE_BROKER = Map.of(
            "config.storage.replication.factor", "1",
            "offset.storage.replication.factor", "1",
            "status.storage.replication.factor", "1");

    private final List<ConnectWorker> workers;

    private ConnectCluster(List<ConnectWorker> workers) {
        this.workers = workers;
    }

    /** Starts both, and returns at once. */
    static ConnectCluster start(Path directory, Broker kafka, String settings, Map<String, String> environment)
            throws IOException {
        Map<String, String> own = new TreeMap<>(ONE_BROKER);
        own.put("bootstrap.servers", kafka.host() + ":" + kafka.port());
        return new ConnectCluster(List.of(
                ConnectWorker.start(directory, settings, own, environment),
                ConnectWorker.start(directory, settings, own, environment)));
    }

    /** Has them run a connector, and waits until its task runs. */
    void run(String connector, String configuration) {
        await(() -> workers.get(0).configure(connector, configuration));
        await(() -> runnerOf(connector) != null);
    }

    /** The worker that runs the task of a connector, as any that is alive says. */
    private @Nullable ConnectWorker runnerOf(String connector) throws IOException, InterruptedException {
        ConnectWorker asked = workers.stream()
                .filter(ConnectWorker::isAlive)
                .findFirst()
                .orElseThrow(() -> new AssertionError(logs()));
        String runner = asked.runnerOf(connector);
        return workers.stream()
                .filter(worker -> worker.isAlive() && worker.id().equals(runner))
                .findFirst()
                .orElse(null);
    }

    /** SIGKILL to the worker that runs the task of a connector. */
    ConnectWorker kill9RunnerOf(String connector) throws IOException, InterruptedException {
        ConnectWorker runner = runnerOf(connector);
        if (runner == null) {
            throw new AssertionError("nobody runs " + connector + "\n" + logs());
        }
        runner.kill9();
        return runner;
    }

    /** Waits until a worker that is alive runs the task of a connector. */
    ConnectWorker awaitRunnerOf(String connector) throws IOException, InterruptedException {
        await(() -> runnerOf(connector) != null);
        return requireNonNull(runnerOf(connector), connector);
    }

    private void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(PATIENCE).until(() -> {
            try {
                return condition.call();
            } catch (ConnectException notYet) {
                if (workers.stream().noneMatch(ConnectWorker::isAlive)) {
                    throw new AssertionError(logs(), notYet);
                }
                return false;
            }
        });
    }

    /** What they said last. */
    String logs() {
        StringBuilder text = new StringBuilder();
        workers.forEach(worker ->
                text.append(worker.id()).append(":\n").append(worker.endOfLog()).append('\n'));
        return text.toString();
    }

    @Override
    public void close() {
        workers.forEach(ConnectWorker::close);
    }
}
