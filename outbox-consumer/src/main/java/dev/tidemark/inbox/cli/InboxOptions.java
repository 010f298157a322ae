package dev.tidemark.inbox.cli;

import dev.tidemark.inbox.InboxAdmin;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Whose inbox, and where. */
final class InboxOptions {

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--url",
            required = true,
            paramLabel = "JDBC-URL",
            description = "The consumer's database, such as jdbc:postgresql://db/shipping; with currentSchema=… if the"
                    + " inbox is in another schema than the user's first.")
    @SuppressWarnings("NullAway.Init") // required
    private String url;

    @Option(names = "--user", paramLabel = "NAME", description = "A role that may use the inbox: tidemark_consumer.")
    private @Nullable String user;

    @Option(
            names = "--password-env",
            paramLabel = "NAME",
            description = "The environment variable that has the password. Default: PGPASSWORD, else ~/.pgpass.")
    private @Nullable String passwordEnv;

    @Option(names = "--password-file", paramLabel = "FILE", description = "The file that has the password.")
    private @Nullable Path passwordFile;

    @Option(
            names = "--consumer",
            required = true,
            paramLabel = "NAME",
            description = "Whose inbox: the name that Inbox.of was given.")
    @SuppressWarnings("NullAway.Init") // required
    private String consumer;

    @Option(names = "--json", description = "Answer with one line of JSON.")
    private boolean json;

    InboxAdmin admin() {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        try {
            dataSource.setUrl(url);
        } catch (IllegalArgumentException e) {
            throw misused("--url must be such as jdbc:postgresql://db/shipping");
        }
        if (user != null) {
            dataSource.setUser(user);
        }
        String password = password();
        if (password != null) {
            dataSource.setPassword(password);
        }
        dataSource.setApplicationName("tidemark inbox");
        return new InboxAdmin(dataSource, consumer);
    }

    private @Nullable String password() {
        if (passwordFile != null) {
            try {
                return Files.readString(passwordFile).replaceFirst("\\r?\\n\\z", "");
            } catch (IOException e) {
                throw misused("--password-file cannot be read: " + passwordFile);
            }
        }
        if (passwordEnv != null && System.getenv(passwordEnv) == null) {
            throw misused("--password-env names " + passwordEnv + ", which is not set");
        }
        return System.getenv(passwordEnv == null ? "PGPASSWORD" : passwordEnv);
    }

    String consumer() {
        return consumer;
    }

    boolean json() {
        return json;
    }

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    PrintWriter err() {
        return spec.commandLine().getErr();
    }

    ParameterException misused(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
