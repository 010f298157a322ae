package dev.tidemark.sample.demo;

import dev.tidemark.relay.cli.Main;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.migrate.Migration;
import dev.tidemark.relay.migrate.MigrationException;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.RelayProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Configures databases and relays, and starts what {@code tidemark} starts. */
final class RelayLauncher {

    private static final String STATES_OF_USERS = """
            states:
              - aggregatetype: user
                source: users
                query: |
                  select id as aggregateid, json_build_object('id', id, 'name', name) as payload from users
            """;

    private final List<String> command;

    private RelayLauncher(List<String> command) {
        this.command = command;
    }

    /**
     * Relays from this process's own class path, which has what {@code tidemark relay} runs: by the script, three
     * relays at once might each begin to build. In a run that is checked they live for seconds.
     */
    static RelayLauncher of(DemoOptions options) {
        Class<?> main = options.broken() ? BrokenRelay.class : Main.class;
        String[] arguments = options.broken() ? new String[0] : new String[] {"relay"};
        return new RelayLauncher(options.exit() ? quickly(main, arguments) : java(main, arguments));
    }

    /** Runs a command of {@code tidemark} that is over soon. */
    static List<String> tidemark(String... arguments) {
        return quickly(Main.class, arguments);
    }

    /** Runs what is on this process's class path, and starts sooner than it will be fast. */
    static List<String> quickly(Class<?> main, String... arguments) {
        List<String> java = java(main, arguments);
        return Stream.concat(
                        Stream.of(java.get(0), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
                        java.subList(1, java.size()).stream())
                .toList();
    }

    private static List<String> java(Class<?> main, String... arguments) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return with(List.of(java, "-cp", System.getProperty("java.class.path"), main.getName()), arguments);
    }

    /**
     * Writes the configuration of a relay into {@code folder}, where its log will be too.
     *
     * @param sink of its subscriber, such as <code>http: { url: … }</code>
     */
    Path configure(Subscription subscription, Database source, String sink, Path folder) throws IOException {
        Path config = folder.resolve(subscription.source() + "-relay.yaml");
        return Files.writeString(config, """
                source:
                  url: %s
                  user: %s
                  password: %s
                  slot: %s
                subscribers:
                  - name: %s
                    %s
                ops: { host: 127.0.0.1, port: %d }
                %s""".formatted(
                        source.url(),
                        source.user(),
                        password(source),
                        slot(subscription),
                        subscription.subscriber(),
                        sink,
                        RelayProcess.freePort(),
                        subscription == Subscription.USERS_TO_ORDERS ? STATES_OF_USERS : ""));
    }

    /** Writes what {@code tidemark verify} is told, to hold the replica of users against the users. */
    static Path configureVerify(Databases databases, Path folder) throws IOException {
        return Files.writeString(
                folder.resolve("verify.yaml"), """
                source:
                  query: select id, name from users
                %s
                replica:
                  query: select user_id as id, name from user_replica
                %s
                aggregate: { source: users, type: user }
                consumer: orders
                key: id
                patience: 10s
                """.formatted(place(databases.users()), place(databases.orders())));
    }

    private static String place(Database database) {
        return "  url: %s\n  user: %s\n  password: %s".formatted(database.url(), database.user(), password(database));
    }

    private static String password(Database database) {
        return "'" + database.password().replace("'", "''") + "'";
    }

    /** Applies the SQL and makes the slot, as {@code tidemark migrate} does. */
    static void migrate(Subscription subscription, Database source) throws MigrationException {
        Migration.of(SourceConfig.builder()
                        .url(source.url())
                        .user(source.user())
                        .password(Secret.of(source.password()))
                        .slot(slot(subscription))
                        .build())
                .run(step -> {});
    }

    /** The relay of a configuration; it does not run yet. */
    RelayProcess relay(Path config) throws IOException {
        String yaml = Files.readString(config);
        String port = yaml.replaceAll("(?s).*port: (\\d+).*", "$1");
        return new RelayProcess(
                with(command, "--config", config.toString()), log(config), URI.create("http://127.0.0.1:" + port));
    }

    private static Path log(Path config) {
        return config.resolveSibling(config.getFileName().toString().replace(".yaml", ".log"));
    }

    /** Slots belong to the server, so each has a name of its own. */
    static String slot(Subscription subscription) {
        return "tidemark_" + subscription.source();
    }

    private static List<String> with(List<String> command, String... arguments) {
        return Stream.concat(command.stream(), Stream.of(arguments)).toList();
    }
}
