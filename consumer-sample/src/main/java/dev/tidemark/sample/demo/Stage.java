package dev.tidemark.sample.demo;

import dev.tidemark.relay.migrate.MigrationException;
import dev.tidemark.testkit.Closing;
import dev.tidemark.testkit.PostgresServer;
import dev.tidemark.testkit.RelayProcess;
import io.javalin.config.JavalinConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All that runs: PostgreSQL with a database for each service, the services in this process, and the relays as
 * processes of their own. {@link #close} leaves nothing behind, of a stage that was half built neither.
 */
final class Stage implements AutoCloseable {

    private final Closing closing;
    private final Databases databases;
    private final Services services;
    private final Links links;
    private final Path folder;
    private final Map<Subscription, Path> configs = new EnumMap<>(Subscription.class);
    private final Map<Subscription, RelayProcess> relays = new EnumMap<>(Subscription.class);

    private Stage(Closing closing, Databases databases, Services services, Links links, Path folder) {
        this.closing = closing;
        this.databases = databases;
        this.services = services;
        this.links = links;
        this.folder = folder;
    }

    /**
     * Builds it; returns when all relays are streaming.
     *
     * @param closing what takes it down again; it may be closed while this builds
     * @param door what stands before the services that receive events
     */
    static Stage build(DemoOptions options, RelayLauncher launcher, Consumer<JavalinConfig> door, Closing closing)
            throws IOException, InterruptedException, MigrationException {
        TemporaryFolder folder = closing.add(TemporaryFolder.create());
        PostgresServer server = closing.add(
                PostgresServer.builder().majorVersion(options.postgres()).start());
        Databases databases = Databases.create(server);
        for (Subscription subscription : Subscription.values()) {
            RelayLauncher.migrate(subscription, databases.source(subscription));
        }
        Services services = Services.start(databases, door, closing);
        Links links = options.exit() ? Links.NONE : Links.to(services, closing); // what is measured has no detour
        Stage stage = new Stage(closing, databases, services, links, folder.path());
        for (Subscription subscription : Subscription.values()) {
            stage.start(subscription, launcher);
        }
        for (RelayProcess relay : stage.relays.values()) {
            relay.awaitReady();
        }
        return stage;
    }

    private void start(Subscription subscription, RelayLauncher launcher) throws IOException {
        Path config = launcher.configure(
                subscription,
                databases.source(subscription),
                links.through(subscription, services.events(subscription)),
                folder);
        RelayProcess relay = closing.add(launcher.relay(config));
        relay.start();
        configs.put(subscription, config);
        relays.put(subscription, relay);
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

    /** Why there is no use in going on: a relay ended by itself, or did not come back; null if all is well. */
    @Nullable
    String failure(RelayKills kills) {
        Throwable lastKill = kills.failure();
        if (lastKill != null) {
            return "a relay that was killed did not come back: " + lastKill.getMessage();
        }
        return relays.values().stream()
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
