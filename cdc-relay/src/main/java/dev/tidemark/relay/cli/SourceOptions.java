package dev.tidemark.relay.cli;

import dev.tidemark.relay.config.ConfigException;
import dev.tidemark.relay.config.ConfigFile;
import dev.tidemark.relay.config.Problem;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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

    @Option(
            names = "--password-env",
            paramLabel = "NAME",
            description = "The environment variable that has the password. Default: PGPASSWORD.")
    private @Nullable String passwordEnv;

    @Option(names = "--password-file", paramLabel = "FILE", description = "The file that has the password.")
    private @Nullable Path passwordFile;

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
        Secret password = password(environment, base == null);
        if (password.isSet()) {
            built.password(password);
        }
        try {
            return built.build();
        } catch (ConfigException e) {
            throw new ConfigException("what migrate was told (options, or --config)", e.problems());
        }
    }

    private Secret password(Map<String, String> environment, boolean nothingElse) {
        if (passwordFile != null) {
            try {
                return Secret.of(Files.readString(passwordFile).replaceFirst("\\r?\\n\\z", ""));
            } catch (IOException e) {
                throw refused("--password-file", "cannot be read: " + passwordFile);
            }
        }
        if (passwordEnv != null) {
            String value = environment.get(passwordEnv);
            if (value == null) {
                throw refused("--password-env", "names " + passwordEnv + ", which is not set");
            }
            return Secret.of(value);
        }
        return Secret.of(nothingElse ? environment.getOrDefault("PGPASSWORD", "") : "");
    }

    private static ConfigException refused(String option, String why) {
        return new ConfigException("the options", List.of(new Problem(option, why, null)));
    }
}
