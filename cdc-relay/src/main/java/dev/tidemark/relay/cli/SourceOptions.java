package dev.tidemark.relay.cli;

import dev.tidemark.relay.config.ConfigException;
import dev.tidemark.relay.config.ConfigFile;
import dev.tidemark.relay.config.Problem;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which database, and as whom: from a relay's configuration, from options, or from both. */
final class SourceOptions {

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Take all of this from the source of a relay's configuration; options win.")
    private @Nullable Path config;

    @Option(names = "--url", paramLabel = "URL", description = "Such as jdbc:postgresql://localhost:5432/orders.")
    private @Nullable String url;

    @Option(names = "--user", paramLabel = "NAME", description = "Owner of the database, or a superuser.")
    private @Nullable String user;

    @Mixin
    private PasswordOptions password = new PasswordOptions();

    @Option(names = "--slot", paramLabel = "NAME", description = "The slot. Default: tidemark_outbox.")
    private @Nullable String slot;

    @Option(
            names = "--schema",
            paramLabel = "NAME",
            description = "The schema of the outbox; made if it is not there. Default: public.")
    private @Nullable String schema;

    /** @throws ConfigException if something is missing or wrong */
    SourceConfig resolve(Map<String, String> environment) {
        return resolve(config == null ? null : ConfigFile.read(config).source(), environment);
    }

    /**
     * The configuration that was given.
     *
     * @param option which cannot do without
     * @throws ConfigException if none was given, or it is wrong
     */
    RelayConfig requireConfig(String option) {
        if (config == null) {
            throw new ConfigException(
                    "the options",
                    List.of(new Problem("--config", "is needed by " + option + ", but is not given", null)));
        }
        return ConfigFile.read(config);
    }

    /** The database of the backlog as the configuration has it; empty if that is the source, or there is none. */
    Optional<SourceConfig> backlogElsewhere() {
        RelayConfig relay = config == null ? null : ConfigFile.read(config);
        return relay == null || relay.backlog().elsewhere().isEmpty()
                ? Optional.empty()
                : Optional.of(relay.backlogDatabase());
    }

    /**
     * The database of the backlog, which is another than that of the outbox, with the user of the options.
     *
     * @throws ConfigException if it is not another one, or something is missing or wrong
     */
    SourceConfig resolveBacklog(RelayConfig relay, Map<String, String> environment) {
        if (relay.backlog().elsewhere().isEmpty()) {
            throw new ConfigException(
                    String.valueOf(config),
                    List.of(new Problem(
                            "backlog.url",
                            "is needed by --backlog: where the backlog shall be, but is not set",
                            null)));
        }
        return resolve(relay.backlogDatabase(), environment);
    }

    private SourceConfig resolve(@Nullable SourceConfig base, Map<String, String> environment) {
        SourceConfig.Builder built = base == null ? SourceConfig.builder() : base.toBuilder();
        if (url != null) {
            built.url(url);
        }
        if (user != null) {
            built.user(user);
        }
        if (slot != null) {
            built.slot(slot);
        }
        if (schema != null) {
            built.table(schema + ".outbox");
        }
        Secret given = password.resolve(environment, base == null);
        if (given.isSet()) {
            built.password(given);
        }
        try {
            return built.build();
        } catch (ConfigException e) {
            throw new ConfigException("what this command was told (options, or --config)", e.problems());
        }
    }
}
