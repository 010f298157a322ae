package dev.tidemark.relay.capture;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The settings of Debezium that matter, each pinned: a default may change, and most are wrong here. */
final class EngineProperties {

    /** Debezium's name for the server: the first part of its topics, which nobody sees. */
    static final String SERVER = "tidemark";

    static final int FLUSH_INTERVAL_MILLIS = 200;

    /** How often the stream is looked at that was found empty five times; our queue knows no interval. */
    private static final int POLL_INTERVAL_MILLIS = 2;

    /** Not {@code java.net.URI}: it knows no underscore in a host, and shows what it cannot read, secrets too. */
    private static final Pattern URL = Pattern.compile("jdbc:postgresql://(?<host>\\[[^]]+]|[^:/?,]+)(:(?<port>\\d+))?"
            + "/(?<database>[^?]+)([?](?<parameters>.*))?");

    private EngineProperties() {}

    static Properties of(FeedSettings settings) {
        Properties p = new Properties();
        p.setProperty("name", SERVER);
        p.setProperty("topic.prefix", SERVER);
        p.setProperty("connector.class", PromptConnector.class.getName());
        connection(p, settings);
        source(p, settings);
        position(p);
        pace(p, settings);
        return p;
    }

    private static void connection(Properties p, FeedSettings settings) {
        Matcher url = URL.matcher(settings.jdbcUrl());
        if (!url.matches()) {
            throw new IllegalArgumentException("source.url cannot be read; it is not shown, it may hold a password");
        }
        p.setProperty("database.hostname", url.group("host"));
        p.setProperty("database.port", url.group("port") == null ? "5432" : url.group("port"));
        p.setProperty("database.dbname", decode(url.group("database")));
        p.setProperty("database.user", settings.user());
        p.setProperty("database.password", settings.password());
        p.setProperty("database.connectTimeout", "10"); // seconds
        p.setProperty("database.socketTimeout", "30"); // a half-open link is noticed by the engine's probe
        String parameters = url.group("parameters");
        for (String parameter : parameters == null ? new String[0] : parameters.split("&", -1)) {
            int equals = parameter.indexOf('=');
            if (equals > 0) {
                p.setProperty("database." + parameter.substring(0, equals), decode(parameter.substring(equals + 1)));
            }
        }
    }

    private static void source(Properties p, FeedSettings settings) {
        p.setProperty("plugin.name", "pgoutput");
        p.setProperty("publication.name", settings.publication());
        p.setProperty("publication.autocreate.mode", "disabled");
        p.setProperty("slot.name", settings.slot());
        p.setProperty("slot.drop.on.stop", "false");
        p.setProperty("slot.max.retries", "0"); // the relay retries, with a new engine
        p.setProperty("snapshot.mode", "no_data");
        p.setProperty(
                "schema.include.list",
                literally(settings.table().substring(0, settings.table().indexOf('.'))));
        p.setProperty("table.include.list", literally(settings.table()));
        p.setProperty("message.prefix.include.list", literally(EventDecoder.MESSAGE_PREFIX) + ".*");
        p.setProperty("skipped.operations", "u,d,t");
        p.setProperty("tombstones.on.delete", "false");
        p.setProperty("provide.transaction.metadata", "false");
        p.setProperty("binary.handling.mode", "bytes");
    }

    private static void position(Properties p) {
        // Stored offsets have lost events on restart. Without one, the slot decides, and it is always right.
        p.setProperty("offset.storage", "org.apache.kafka.connect.storage.MemoryOffsetBackingStore");
        p.setProperty("offset.flush.interval.ms", Integer.toString(FLUSH_INTERVAL_MILLIS));
        p.setProperty("offset.mismatch.strategy", "no_validation");
        p.setProperty("lsn.flush.mode", "connector"); // with the driver's help, it would acknowledge unseen changes
        p.setProperty("lsn.flush.timeout.ms", "30000");
        p.setProperty("lsn.flush.timeout.action", "fail");
        p.setProperty("errors.max.retries", "0"); // a retry inside the engine loses the batch that was being handled
        p.setProperty("retriable.restart.connector.wait.ms", "1"); // it would wait by a clock that may be set back
    }

    private static void pace(Properties p, FeedSettings settings) {
        p.setProperty("poll.interval.ms", Integer.toString(POLL_INTERVAL_MILLIS));
        p.setProperty("queue.provider.type", PromptQueue.NAME);
        p.setProperty(PromptQueue.MOST_EVENTS, Integer.toString(settings.queueEvents()));
        p.setProperty(PromptQueue.MOST_BYTES, Long.toString(settings.queueBytes()));
        p.setProperty("max.queue.size.in.bytes", "0"); // ours counts them
        p.setProperty("heartbeat.interval.ms", "1000"); // a record carries the commit before its own
        p.setProperty("heartbeat.action.query", "select tidemark.heartbeat('" + settings.slot() + "')");
        p.setProperty("record.processing.threads", "1");
    }

    /** Debezium takes regular expressions, separated by commas. */
    private static String literally(String name) {
        StringBuilder regex = new StringBuilder(name.length() + 8);
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!Character.isLetterOrDigit(c) && c != '_') {
                regex.append('\\');
            }
            regex.append(c);
        }
        return regex.toString();
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
