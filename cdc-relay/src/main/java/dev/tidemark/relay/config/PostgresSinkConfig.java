package dev.tidemark.relay.config;

import static java.util.Objects.requireNonNull;

import dev.tidemark.relay.sink.PostgresSink;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * Inserts events into the table {@code incoming} of the subscriber's database.
 *
 * @param url such as {@code jdbc:postgresql://db.example.com:5432/shipping}, with parameters of the driver such as {@code sslmode}
 * @param user a role that may what {@code roles.sql} grants to {@code tidemark_relay} there
 * @param table schema and name
 * @param channel that is notified of new rows; empty for none
 * @param timeout for a connection, and for each statement
 */
public record PostgresSinkConfig(
        String url, String user, Secret password, String table, String channel, Duration timeout)
        implements SinkConfig {

    static final String DEFAULT_TABLE = "public.incoming";
    static final String DEFAULT_CHANNEL = "tidemark_incoming";

    /** Statements and sockets count in seconds. */
    static final Span TIMEOUT = new Span(Duration.ofSeconds(1), Duration.ofMinutes(5));

    private static final Pattern TABLE = Pattern.compile("[a-z_][a-z0-9_]{0,62}\\.[a-z_][a-z0-9_]{0,62}");
    private static final Pattern CHANNEL = Pattern.compile("([a-z_][a-z0-9_]{0,62})?");

    public PostgresSinkConfig {
        requireNonNull(password, "password");
        Problems problems = new Problems();
        if (problems.required("url", url)) {
            JdbcUrl.check(url).ifPresent(rule -> problems.add("url", rule));
        }
        problems.required("user", user);
        problems.matches("table", table, TABLE, "schema.table in lower case, such as public.incoming");
        if (!CHANNEL.matcher(channel).matches()) {
            problems.add("channel", "must be a name of a-z, 0-9 and _, at most 63 long, or empty for none", channel);
        }
        problems.within("timeout", timeout, TIMEOUT);
        problems.throwIfAny("the PostgreSQL sink");
    }

    /** With the table that V008 makes in the schema {@code public}. */
    public static PostgresSinkConfig to(String url, String user, Secret password) {
        return new PostgresSinkConfig(
                url, user, password, DEFAULT_TABLE, DEFAULT_CHANNEL, HttpSinkConfig.DEFAULT_TIMEOUT);
    }

    /**
     * What the sink itself takes.
     *
     * @param subscriber whose sink it is
     * @param lanes of that subscriber
     */
    public PostgresSink.Settings settings(String subscriber, int lanes) {
        return new PostgresSink.Settings(
                url, user, password.reveal(), place(), table, subscriber, channel, timeout, lanes);
    }

    /** Host, port and database, for people. */
    public String place() {
        JdbcUrl parsed = JdbcUrl.parse(url);
        return parsed.host() + ":" + parsed.port() + "/" + parsed.database();
    }

    /** Without the values of the URL's parameters: some of them are secret. */
    @Override
    public String toString() {
        return "PostgresSinkConfig[url=" + Shown.url(url) + ", user=" + user + ", password=" + password + ", table="
                + table + ", channel=" + channel + ", timeout=" + timeout + "]";
    }
}
