package dev.tidemark.relay.sink;

import io.lettuce.core.SslOptions;
import java.io.File;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;

/** Which properties the connection of a Redis sink may have, and how TLS is set up with them. */
public final class RedisProperties {

    private static final String TRUST = "trustStore";
    private static final String KEY = "keyStore";

    /** What is behind the name of a store in that of its password. */
    private static final String PASSWORD = "Password";

    /** The stores, each with the property that has its password. */
    public static final Map<String, String> STORES = Map.of(TRUST, TRUST + PASSWORD, KEY, KEY + PASSWORD);

    /** All that may be set; the client itself has no names for them. */
    public static final Set<String> NAMES = Set.of(TRUST, TRUST + PASSWORD, KEY, KEY + PASSWORD);

    private RedisProperties() {}

    /** A store that cannot be used; the message says why, and has no secret. */
    static final class Unusable extends Exception {
        private static final long serialVersionUID = 1;

        private Unusable(String store, Exception cause) {
            super(
                    "the " + store + " of its properties cannot be used: "
                            + root(cause).getClass().getSimpleName(),
                    cause);
        }

        private static Throwable root(Throwable failure) {
            Throwable cause = failure.getCause();
            return cause == null ? failure : root(cause);
        }
    }

    /** Whom a connection trusts and who it is itself, by what is in the stores now; as the JVM has it without them. */
    static SslOptions tls(Map<String, String> properties) throws Unusable {
        SslOptions.Builder tls = SslOptions.builder().jdkSslProvider();
        if (properties.containsKey(TRUST)) {
            tls.trustManager(trust(properties));
        }
        if (properties.containsKey(KEY)) {
            tls.keyManager(keys(properties));
        }
        return tls.build();
    }

    private static TrustManagerFactory trust(Map<String, String> properties) throws Unusable {
        try {
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(KeyStore.getInstance(file(properties, TRUST), password(properties, TRUST)));
            return trust;
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw new Unusable(TRUST, e);
        }
    }

    private static KeyManagerFactory keys(Map<String, String> properties) throws Unusable {
        try {
            char[] password = password(properties, KEY);
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(KeyStore.getInstance(file(properties, KEY), password), password);
            return keys;
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw new Unusable(KEY, e);
        }
    }

    private static File file(Map<String, String> properties, String store) {
        return new File(properties.getOrDefault(store, ""));
    }

    private static char[] password(Map<String, String> properties, String store) {
        return properties.getOrDefault(store + PASSWORD, "").toCharArray();
    }
}
