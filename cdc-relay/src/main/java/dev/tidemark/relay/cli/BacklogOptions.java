package dev.tidemark.relay.cli;

import dev.tidemark.relay.backlog.BacklogAdmin;
import dev.tidemark.relay.backlog.Connections;
import dev.tidemark.relay.backlog.RedeliveryAdmin;
import dev.tidemark.relay.config.ConfigFile;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.relay.ops.Connector;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Whose backlog, and how it is shown. */
final class BacklogOptions {

    /** What is done with a backlog. */
    @FunctionalInterface
    interface Work {

        /** Returns the exit code. */
        int on(BacklogAdmin backlog) throws SQLException, InterruptedException;
    }

    /** What is done with jobs that send events again. */
    @FunctionalInterface
    interface JobWork {

        /** Returns the exit code. */
        int on(RedeliveryAdmin redeliveries) throws SQLException, InterruptedException;
    }

    @FunctionalInterface
    private interface Connected {
        int on(Connections connections, String slot) throws SQLException, InterruptedException;
    }

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec command;

    @Option(
            names = "--config",
            required = true,
            paramLabel = "FILE",
            description = "The relay's configuration: its source has the backlog, or what it names under backlog.")
    @SuppressWarnings("NullAway.Init") // required
    private Path file;

    @Option(names = "--json", description = "Print JSON instead of text. Errors stay text, on standard error.")
    private boolean json;

    boolean json() {
        return json;
    }

    /** @throws IllegalStateException if the database does not answer or does not let us; the message says what to do */
    int run(Work work) throws InterruptedException {
        return connected((connections, slot) -> work.on(new BacklogAdmin(connections, slot)));
    }

    /** @throws IllegalStateException as {@link #run} does */
    int runJobs(JobWork work) throws InterruptedException {
        return connected((connections, slot) -> work.on(new RedeliveryAdmin(connections, slot)));
    }

    private int connected(Connected work) throws InterruptedException {
        RelayConfig config = ConfigFile.read(file);
        Connector connector = Connector.to(config.backlogDatabase());
        try {
            return work.on(connector::connect, config.source().slot());
        } catch (SQLException e) {
            throw Troubles.explain(e, config.backlogDatabase());
        }
    }

    /** @throws ParameterException if nobody knows that name */
    void requireKnown(BacklogAdmin backlog, String subscriber) throws SQLException {
        Set<String> known = new TreeSet<>(backlog.names());
        ConfigFile.read(file).subscribers().stream().map(SubscriberConfig::name).forEach(known::add);
        if (!known.contains(subscriber)) {
            throw new ParameterException(
                    command.commandLine(),
                    "there is no subscriber " + Plain.text(subscriber) + " in " + file
                            + ", among the registered or in the backlog; known are: " + String.join(", ", known));
        }
    }

    /** @throws dev.tidemark.relay.config.ConfigException if it has problems */
    RelayConfig config() {
        return ConfigFile.read(file);
    }

    ParameterException misused(String why) {
        return new ParameterException(command.commandLine(), why);
    }
}
