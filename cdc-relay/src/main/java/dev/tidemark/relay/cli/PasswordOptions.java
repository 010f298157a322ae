package dev.tidemark.relay.cli;

import dev.tidemark.relay.config.ConfigException;
import dev.tidemark.relay.config.Problem;
import dev.tidemark.relay.config.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a password is; never the password itself, which others could see in the list of processes. */
final class PasswordOptions {

    @Option(
            names = "--password-env",
            paramLabel = "NAME",
            description = "The environment variable that has the password. Default: PGPASSWORD.")
    private @Nullable String env;

    @Option(names = "--password-file", paramLabel = "FILE", description = "The file that has the password.")
    private @Nullable Path file;

    boolean isGiven() {
        return env != null || file != null;
    }

    /**
     * The password; not set if there is none.
     *
     * @param orDefault whether PGPASSWORD is looked at if no option is given
     * @throws ConfigException if it is not where the options say
     */
    Secret resolve(Map<String, String> environment, boolean orDefault) {
        if (file != null) {
            try {
                return Secret.of(Files.readString(file).replaceFirst("\\r?\\n\\z", ""));
            } catch (IOException e) {
                throw refused("--password-file", "cannot be read: " + file);
            }
        }
        if (env != null) {
            String value = environment.get(env);
            if (value == null) {
                throw refused("--password-env", "names " + env + ", which is not set");
            }
            return Secret.of(value);
        }
        return Secret.of(orDefault ? environment.getOrDefault("PGPASSWORD", "") : "");
    }

    private static ConfigException refused(String option, String why) {
        return new ConfigException("the options", List.of(new Problem(option, why, null)));
    }
}
