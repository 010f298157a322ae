package dev.tidemark.relay.sink;

import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.ConnectionFactoryConfigurator;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Which properties of RabbitMQ's client may be set, and how a connection is set up with them. */
public final class RabbitProperties {

    /** What the client has for TLS; how it connects and waits is the relay's own affair. */
    public static final Set<String> NAMES = Set.of(
            ConnectionFactoryConfigurator.SSL_ALGORITHM,
            ConnectionFactoryConfigurator.SSL_KEY_PASSWORD,
            ConnectionFactoryConfigurator.SSL_KEY_STORE,
            ConnectionFactoryConfigurator.SSL_KEY_STORE_ALGORITHM,
            ConnectionFactoryConfigurator.SSL_KEY_STORE_PASSWORD,
            ConnectionFactoryConfigurator.SSL_KEY_STORE_TYPE,
            ConnectionFactoryConfigurator.SSL_TRUST_STORE,
            ConnectionFactoryConfigurator.SSL_TRUST_STORE_ALGORITHM,
            ConnectionFactoryConfigurator.SSL_TRUST_STORE_PASSWORD,
            ConnectionFactoryConfigurator.SSL_TRUST_STORE_TYPE,
            ConnectionFactoryConfigurator.SSL_VALIDATE_SERVER_CERTIFICATE);

    private static final int MOST_HEARTBEAT_SECONDS = 60;

    private RabbitProperties() {}

    /**
     * A factory of connections that fail for good when they fail, with no other party than the one that is asked for.
     *
     * @throws IllegalStateException if TLS cannot be set up so
     */
    static ConnectionFactory factory(RabbitSink.Settings settings) {
        URI url = settings.url();
        ConnectionFactory factory = new ConnectionFactory();
        factory.load(tls(settings), "");
        factory.setHost(url.getHost().replaceAll("[\\[\\]]", ""));
        if (url.getPort() >= 0) {
            factory.setPort(url.getPort());
        }
        String path = String.valueOf(url.getRawPath());
        if (path.length() > 1) {
            factory.setVirtualHost(virtualHost(path));
        }
        if (!settings.user().isEmpty()) {
            factory.setUsername(settings.user());
            factory.setPassword(settings.password());
        }
        int half = millis(settings.timeout().dividedBy(2)); // it says why not when its time is up, not before
        factory.setConnectionTimeout(half);
        factory.setHandshakeTimeout(half);
        factory.setChannelRpcTimeout(half);
        factory.setRequestedHeartbeat(heartbeatSeconds(settings.timeout()));
        factory.setAutomaticRecoveryEnabled(false); // it would send again what was given up
        factory.setTopologyRecoveryEnabled(false);
        factory.setThreadFactory(work -> RabbitLink.daemon(work, "rabbitmq-sink"));
        return factory;
    }

    /**
     * The certificate is looked at unless somebody says otherwise; the client's own default is not to. That it is the
     * host's is looked at always: the client cannot be told otherwise where it has a trust store.
     */
    private static Map<String, String> tls(RabbitSink.Settings settings) {
        Map<String, String> properties = new HashMap<>();
        properties.put(ConnectionFactoryConfigurator.SSL_VALIDATE_SERVER_CERTIFICATE, "true");
        properties.putAll(settings.properties());
        properties.put(ConnectionFactoryConfigurator.SSL_VERIFY_HOSTNAME, "true");
        properties.put(ConnectionFactoryConfigurator.SSL_ENABLED, Boolean.toString(secure(settings.url())));
        return properties;
    }

    static boolean secure(URI url) {
        return "amqps".equals(url.getScheme().toLowerCase(Locale.ROOT));
    }

    /** What is behind the first slash; there {@code +} is no space. */
    private static String virtualHost(String rawPath) {
        return URLDecoder.decode(rawPath.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** The client gives a silent connection up after two of these; the link itself does so before. */
    private static int heartbeatSeconds(Duration timeout) {
        return (int) Math.max(
                2, Math.min(MOST_HEARTBEAT_SECONDS, timeout.multipliedBy(2).toSeconds()));
    }

    private static int millis(Duration duration) {
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, duration.toMillis()));
    }
}
