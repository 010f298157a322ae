package dev.tidemark.sample.demo;

import dev.tidemark.relay.migrate.MigrationException;
import dev.tidemark.testkit.Broker;
import dev.tidemark.testkit.Closing;
import dev.tidemark.testkit.PostgresServer;
import dev.tidemark.testkit.RelayProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * All that runs: PostgreSQL with a database for each service, the services in this process, the relays as processes of
 * their own, and what is between. {@link #close} leaves nothing behind, of a stage that was half built neither.
 */
final class Stage implements AutoCloseable {

    private final Closing closing;
    private final Databases databases;
    private final Services services;
    private final @Nullable Broker broker;
    private final Consumers consumers;
    private final Links links;
    private final Path folder;
    private final Map<Subscription, Path> configs = new EnumMap<>(Subscription.class);
    private final Map<Subscription, RelayProcess> relays = new EnumMap<>(Subscription.class);

    private Stage(
            Closing closing,
            Databases databases,
            Services services,
            @Nullable Broker broker,
            Consumers consumers,
            Links links,
            Path folder) {
        this.closing = closing;
        this.databases = databases;
        this.services = services;
        this.broker = broker;
        this.consumers = consumers;
        this.links = links;
        this.folder = folder;
    }

    /**
     * Builds it; returns when all relays are streaming.
     *
     * @param closing what takes it down again; it may be closed while this builds
     * @param reception what hears of each event that arrives
     */
    static Stage build(DemoOptions options, RelayLauncher launcher, Reception reception, Closing closing)
            throws IOException, InterruptedException, MigrationException {
        @Nullable Broker broker = options.via().startBroker(); // which may not be installed
        if (broker != null) {
            closing.add(broker);
        }
        TemporaryFolder folder = closing.add(TemporaryFolder.create());
        PostgresServer server = closing.add(
                PostgresServer.builder().majorVersion(options.postgres()).start());
        Databases databases = Databases.create(server);
        for (Subscription subscription : Subscription.values()) {
            RelayLauncher.migrate(subscription, databases.source(subscription));
        }
        Services services = Services.start(databases, reception, closing);
        Consumers consumers = options.consumersAreProcesses()
                ? Consumers.start(options.via(), databases, broker, reception, folder.path(), closing)
                : Consumers.none(databases);
        boolean direct = options.exit() || consumers.areProcesses(); // what is measured has no detour
        Links links = direct ? Links.NONE : Links.to(services, closing);
        Stage stage = new Stage(closing, databases, services, broker, consumers, links, folder.path());
        for (Subscription subscription : Subscription.values()) {
            stage.start(subscription, launcher);
        }
        for (RelayProcess process : stage.processes()) {
            process.awaitReady();
        }
        return stage;
    }

    private void start(Subscription subscription, RelayLauncher launcher) throws IOException {
        Path config = launcher.configure(subscription, databases.source(subscription), sink(subscription), folder);
        RelayProcess relay = closing.add(launcher.relay(config));
        relay.start();
        configs.put(subscription, config);
        relays.put(subscription, relay);
    }

    private String sink(Subscription subscription) {
        return consumers.areProcesses()
                ? consumers.sink(subscription.subscriber())
                : "http: { url: " + links.through(subscription, services.events(subscription)) + " }";
    }

    Databases databases() {
        return databases;
    }

    Services services() {
        return services;
    }

    Map<Subscription, RelayProcess> relays() {
        return relays;
    }

    Consumers consumers() {
        return consumers;
    }

    /** Between relays and services; null if there is none. */
    @Nullable
    Broker broker() {
        return broker;
    }

    /** Whether all processes run and are ready. */
    boolean allRun(Kills kills) {
        return kills.allAreBack() && processes().stream().allMatch(RelayProcess::isRunning);
    }

    private List<RelayProcess> processes() {
        List<RelayProcess> processes = new ArrayList<>(relays.values());
        processes.addAll(consumers.processes().values());
        return processes;
    }

    RelayProcess relay(Subscription subscription) {
        return Objects.requireNonNull(relays.get(subscription));
    }

    /** The configuration of a relay. */
    Path config(Subscription subscription) {
        return Objects.requireNonNull(configs.get(subscription));
    }

    Links links() {
        return links;
    }

    /** Where configurations and logs are, while the demo runs. */
    Path folder() {
        return folder;
    }

    /** Why there is no use in going on: a process ended by itself, or did not come back; null if all is well. */
    @Nullable
    String failure(Kills kills) {
        Throwable lastKill = kills.failure();
        if (lastKill != null) {
            return "what was killed did not come back: " + lastKill.getMessage();
        }
        return processes().stream()
                .map(RelayProcess::complaint)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    @Override
    public void close() {
        closing.close();
    }
}
