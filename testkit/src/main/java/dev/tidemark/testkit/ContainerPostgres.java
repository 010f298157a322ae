package dev.tidemark.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** The official image in a container; needs Docker. */
final class ContainerPostgres implements PostgresBackend {

    private final PostgreSQLContainer container;

    private ContainerPostgres(PostgreSQLContainer container) {
        this.container = container;
    }

    static ContainerPostgres start(@Nullable Integer majorVersion, Map<String, String> settings) {
        List<String> command = new ArrayList<>(List.of("postgres"));
        settings.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
        PostgreSQLContainer container =
                new PostgreSQLContainer("postgres:" + (majorVersion == null ? defaultMajorVersion() : majorVersion));
        container.withCommand(command.toArray(String[]::new)).start();
        return new ContainerPostgres(container);
    }

    /** The build's version, so that a container tests what embedded binaries would. */
    private static String defaultMajorVersion() {
        return System.getProperty("postgres.version", "18").split("\\.", 2)[0];
    }

    @Override
    public String host() {
        return container.getHost();
    }

    @Override
    public int port() {
        return container.getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT);
    }

    @Override
    public String user() {
        return container.getUsername();
    }

    @Override
    public String password() {
        return container.getPassword();
    }

    @Override
    public void stopImmediately() {
        throw portWouldChange("stopped");
    }

    @Override
    public void restart() {
        throw portWouldChange("restarted");
    }

    @Override
    public void kill9() {
        throw portWouldChange("killed");
    }

    private static UnsupportedOperationException portWouldChange(String what) {
        return new UnsupportedOperationException("a container that is " + what + " comes back on another port;"
                + " run this test with embedded binaries, without " + PostgresServer.KIND_PROPERTY);
    }

    @Override
    public void close() {
        container.stop();
    }
}
