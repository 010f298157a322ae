package dev.tidemark.envelope;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A secret of Standard Webhooks, with which one side signs requests and the other verifies them. Never shown. Safe for many
 * threads.
 *
 * @see <a href="https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md">Standard
 *     Webhooks</a>
 */
public final class WebhookKey {

    /** The header with the id of what is sent, the same in each attempt. */
    public static final String ID = "webhook-id";

    /** The header with the time of an attempt, in seconds since 1970. */
    public static final String TIMESTAMP = "webhook-timestamp";

    /** The header with signatures, each {@link #VERSION} and base64, with spaces between. */
    public static final String SIGNATURE = "webhook-signature";

    /** What a signature of this kind begins with. */
    public static final String VERSION = "v1,";

    private static final String PREFIX = "whsec_";
    private static final int LEAST_BYTES = 24;
    private static final int MOST_BYTES = 64;
    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;

    private WebhookKey(SecretKeySpec key) {
        this.key = key;
    }

    /**
     * The key of a secret.
     *
     * @param secret {@code whsec_} and the base64 of {@value #LEAST_BYTES} to {@value #MOST_BYTES} bytes
     * @throws IllegalArgumentException if it is none; the message has nothing of it
     */
    public static WebhookKey of(String secret) {
        if (!secret.startsWith(PREFIX)) {
            throw new IllegalArgumentException("must begin with " + PREFIX + ", as secrets of Standard Webhooks do");
        }
        byte[] bytes = decoded(secret.substring(PREFIX.length()));
        if (bytes.length < LEAST_BYTES || bytes.length > MOST_BYTES) {
            throw new IllegalArgumentException("must have a key of " + LEAST_BYTES + " to " + MOST_BYTES
                    + " bytes behind " + PREFIX + ", in base64; it has " + bytes.length);
        }
        return new WebhookKey(new SecretKeySpec(bytes, ALGORITHM));
    }

    /** What is wrong with a secret, for people and without it; empty if it is one. */
    public static Optional<String> problem(String secret) {
        try {
            of(secret);
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static byte[] decoded(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            // the decoder's own message shows a character of the secret
            throw new IllegalArgumentException(
                    "must be base64 behind " + PREFIX + ", as by: echo " + PREFIX + "$(openssl rand -base64 32)");
        }
    }

    /** The signature of one attempt, without {@link #VERSION} and base64. */
    public byte[] sign(String id, String timestamp, byte[] body) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
            return mac.doFinal(body);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JVM has " + ALGORITHM + ", but this one fails", e);
        }
    }

    @Override
    public String toString() {
        return "a webhook key";
    }
}
