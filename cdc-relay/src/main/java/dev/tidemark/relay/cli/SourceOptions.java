package dev.tidemark.relay.cli;

import dev.tidemark.relay.config.ConfigException;
import dev.tidemark.relay.config.ConfigFile;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import java.nio.file.Path;
import java.util.Map;
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
        SourceConfig base = config == null ? null : ConfigFile.read(config).source();
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
