package dev.tidemark.torture;

import dev.tidemark.relay.cli.Main;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.migrate.Migration;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import dev.tidemark.testkit.RelayProcess;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The classes of relays as the JVM has them in memory: a relay that finds them so starts with three quarters of the
 * work. A relay that does nothing else writes them, once for this process and all its runs. Safe for many threads.
 */
final class SharedClasses {

    private static final Duration WRITTEN_WITHIN = Duration.ofMinutes(1);

    private static @Nullable List<String> options;

    private SharedClasses() {}

    /**
     * What a JVM needs to be told, whose class path begins with {@link Relays#jars}; nothing where they cannot be shared.
     *
     * @throws IllegalStateException if that relay does not start, or does not end as it should
     */
    static synchronized List<String> options() throws IOException {
        List<String> found = options;
        if (found == null) {
            found = areShareable() ? write() : List.of();
            options = found;
        }
        return found;
    }

    /** A JVM shares those of jars only; in a build that makes no jars all starts take their time. */
    private static boolean areShareable() {
        try {
            return Files.isRegularFile(Path.of(Main.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI()));
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the place of " + Main.class + " is no URI", e);
        }
    }

    private static List<String> write() throws IOException {
        Path folder = Files.createTempDirectory("tidemark-classes-");
        Path archive = folder.resolve("relay.jsa");
        for (Path file : List.of(folder, archive, folder.resolve("classes.yaml"), folder.resolve("classes.log"))) {
            file.toFile().deleteOnExit(); // the folder is the last
        }
        PostgresServer server = PostgresServer.shared();
        Database database = server.createDatabase();
        try {
            String slot = "slot_" + database.name();
            migrate(database, slot);
            run(database, slot, folder, "-XX:ArchiveClassesAtExit=" + archive);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a relay wrote " + archive, e);
        } finally {
            server.dropDatabase(database);
        }
        // not to be found fit is no fault: a relay whose clock is wrong takes jars for changed, and loads them
        return List.of("-XX:SharedArchiveFile=" + archive, "-Xlog:cds=off", "-Xlog:cds+dynamic=off");
    }

    private static void migrate(Database database, String slot) throws IOException {
        try {
            Migration.of(SourceConfig.builder()
                            .url(database.url())
                            .user(database.user())
                            .password(Secret.of(database.password()))
                            .slot(slot)
                            .build())
                    .run(step -> {});
        } catch (Exception e) {
            throw new IOException("cannot prepare " + database, e);
        }
    }

    /** It writes them when it is told to stop. */
    private static void run(Database database, String slot, Path folder, String writing)
            throws IOException, InterruptedException {
        Ledger ledger = new Ledger(List.of(World.PLAIN));
        RelaySettings settings = new RelaySettings(Relays.honest(), RelaySettings.SHORT_LIVED, 1, 1, 200, "");
        try (Receiver receiver = new Receiver(World.PLAIN, ledger, Manner.GOOD, (headers, body) -> 204);
                RelayProcess relay = Relays.prepare(
                        "classes",
                        settings,
                        List.of(writing, "-cp", Relays.jars()),
                        database,
                        slot,
                        List.of(receiver),
                        folder)) {
            relay.start();
            relay.awaitReady();
            relay.stop();
            Integer code = relay.awaitExit(WRITTEN_WITHIN);
            if (code == null || code != 0) {
                throw new IllegalStateException("the relay that writes classes down ended with " + code
                        + ", and not with 0; it says:\n" + relay.log());
            }
        }
    }
}
