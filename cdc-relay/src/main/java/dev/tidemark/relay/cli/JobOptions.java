package dev.tidemark.relay.cli;

import dev.tidemark.relay.config.Durations;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How long a job is waited for. */
final class JobOptions {

    @Option(
            names = "--wait",
            paramLabel = "DURATION",
            defaultValue = "30s",
            description = "How long to wait for a relay to begin, such as 30s or 5m; then for as long as it takes."
                    + " Default: 30s.")
    @SuppressWarnings("NullAway.Init") // has a default
    private String patience;

    /** @throws picocli.CommandLine.ParameterException if it is not a duration */
    Duration patience(BacklogOptions options) {
        @Nullable Duration parsed = Durations.parse(patience);
        if (parsed == null) {
            throw options.misused("--wait must be a duration such as 500ms, 30s or 5m, but was: " + patience);
        }
        return parsed;
    }
}
