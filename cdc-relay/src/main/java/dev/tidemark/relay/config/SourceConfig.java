package dev.tidemark.relay.config;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Where events come from: one database, one slot, one publication, one outbox.
 *
 * @param url such as {@code jdbc:postgresql://localhost:5432/orders}, with parameters such as
 *     {@code sslmode=verify-full} but without user or password
 * @param user a role with LOGIN and REPLICATION, and select on the outbox
 * @param password of that role
 * @param slot name of the logical replication slot
 * @param publication name of the publication of the outbox
 * @param table schema and name of the outbox, such as {@code public.outbox}
 * @param standbys URLs, like {@code url}, of physical standbys that may be promoted: health tells whether the slot would be
 *     there; they are only asked for it
 * @param feed with what the log is read
 */
public record SourceConfig(
        String url,
        String user,
        Secret password,
        String slot,
        String publication,
        String table,
        List<String> standbys,
        Feed feed) {

    static final String DEFAULT_NAME = "tidemark_outbox";
    static final String DEFAULT_TABLE = "public.outbox";

    private static final Pattern SLOT = Pattern.compile("[a-z0-9_]{1,63}");
    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,62}");
    private static final Pattern TABLE = Pattern.compile(NAME + "\\." + NAME);

    public SourceConfig {
        requireNonNull(feed, "feed");
        standbys = List.copyOf(standbys);
        Problems problems = new Problems();
        if (problems.required("url", url)) {
            JdbcUrl.check(url).ifPresent(rule -> problems.add("url", rule));
        }
        for (int i = 0; i < standbys.size(); i++) {
            String key = "standbys[" + i + "]";
            JdbcUrl.check(standbys.get(i)).ifPresent(rule -> problems.add(key, rule));
        }
        problems.required("user", user);
        problems.required("password", password.reveal());
        problems.matches("slot", slot, SLOT, "1 to 63 of a-z, 0-9 and _");
        problems.matches("publication", publication, NAME, "a name of a-z, 0-9 and _, at most 63 long");
        problems.matches("table", table, TABLE, "schema.table in lower case, such as public.outbox");
        problems.throwIfAny("the source");
    }

    public static Builder builder() {
        return new Builder();
    }

    /** A builder that has all of this already. */
    public Builder toBuilder() {
        return builder()
                .url(url)
                .user(user)
                .password(password)
                .slot(slot)
                .publication(publication)
                .table(table)
                .standbys(standbys)
                .feed(feed);
    }

    public String host() {
        return JdbcUrl.parse(url).host();
    }

    public int port() {
        return JdbcUrl.parse(url).port();
    }

    public String database() {
        return JdbcUrl.parse(url).database();
    }

    /** For people, such as {@code database orders at db.example.com:5432}. */
    public String place() {
        return "database " + database() + " at " + host() + ":" + port();
    }

    /** What follows the question mark of the URL, such as {@code sslmode}; some values may be secret. */
    public Map<String, String> parameters() {
        return JdbcUrl.parse(url).parameters();
    }

    /** Without the values of the URL's parameters: some of them are secret. */
    @Override
    public String toString() {
        return "SourceConfig[url=" + Shown.url(url) + ", user=" + user + ", password=" + password + ", slot=" + slot
                + ", publication=" + publication + ", table=" + table
                + (standbys.isEmpty()
                        ? ""
                        : ", standbys=" + standbys.stream().map(Shown::url).toList())
                + (feed == Feed.DEBEZIUM ? "" : ", feed=" + feed) + "]";
    }

    /** Collects the parts; url, user and password are required. For one thread. */
    public static final class Builder {

        private String url = "";
        private String user = "";
        private Secret password = Secret.none();
        private String slot = DEFAULT_NAME;
        private String publication = DEFAULT_NAME;
        private String table = DEFAULT_TABLE;
        private List<String> standbys = List.of();
        private Feed feed = Feed.DEBEZIUM;

        private Builder() {}

        public Builder url(String url) {
            this.url = url;
            return this;
        }

        public Builder user(String user) {
            this.user = user;
            return this;
        }

        public Builder password(Secret password) {
            this.password = password;
            return this;
        }

        public Builder slot(String slot) {
            this.slot = slot;
            return this;
        }

        public Builder publication(String publication) {
            this.publication = publication;
            return this;
        }

        public Builder table(String table) {
            this.table = table;
            return this;
        }

        public Builder standbys(List<String> standbys) {
            this.standbys = standbys;
            return this;
        }

        public Builder feed(Feed feed) {
            this.feed = feed;
            return this;
        }

        /** @throws ConfigException with everything that is missing or wrong */
        public SourceConfig build() {
            return new SourceConfig(url, user, password, slot, publication, table, standbys, feed);
        }
    }
}
