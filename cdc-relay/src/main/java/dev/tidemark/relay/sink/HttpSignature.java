package dev.tidemark.relay.sink;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs requests, so that a receiver knows who sent them, that nobody changed the body, and when. Every secret signs:
 * while one takes the place of another, receivers may know either. Safe for many threads.
 *
 * @see <a href="https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md">Standard
 *     Webhooks</a>
 */
public final class HttpSignature {

    static final String ID = "webhook-id";
    static final String TIMESTAMP = "webhook-timestamp";
    static final String SIGNATURE = "webhook-signature";

    private static final String PREFIX = "whsec_";
    private static final int LEAST_BYTES = 24;
    private static final int MOST_BYTES = 64;
    private static final String ALGORITHM = "HmacSHA256";

    private final List<SecretKeySpec> keys;

    /**
     * A signature that is empty where there are no secrets.
     *
     * @throws IllegalArgumentException if a text is no secret; it is not in the message
     */
    HttpSignature(List<String> secrets) {
        this.keys = secrets.stream().map(HttpSignature::key).toList();
    }

    /**
     * What is wrong with a secret, for people and without it; empty if it is one: {@code whsec_} and the base64 of
     * {@value #LEAST_BYTES} to {@value #MOST_BYTES} bytes.
     */
    public static Optional<String> problem(String secret) {
        try {
            key(secret);
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /**
     * The headers of one attempt, with one signature for each secret; none without secrets.
     *
     * @param id of what is sent, the same in each attempt; ASCII without spaces and dots
     * @param at when it is sent: receivers refuse what is some minutes old, since it may be a replay
     */
    Map<String, String> headers(String id, Instant at, byte[] body) {
        if (keys.isEmpty()) {
            return Map.of();
        }
        String timestamp = Long.toString(at.getEpochSecond());
        byte[] head = (id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8);
        List<String> signatures = new ArrayList<>();
        for (SecretKeySpec key : keys) {
            signatures.add("v1," + Base64.getEncoder().encodeToString(sign(key, head, body)));
        }
        return Map.of(ID, id, TIMESTAMP, timestamp, SIGNATURE, String.join(" ", signatures));
    }

    private static byte[] sign(SecretKeySpec key, byte[] head, byte[] body) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update(head);
            return mac.doFinal(body);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JVM has " + ALGORITHM + ", but this one fails", e);
        }
    }

    private static SecretKeySpec key(String secret) {
        if (!secret.startsWith(PREFIX)) {
            throw new IllegalArgumentException("must begin with " + PREFIX + ", as secrets of Standard Webhooks do");
        }
        byte[] bytes = decoded(secret.substring(PREFIX.length()));
        if (bytes.length < LEAST_BYTES || bytes.length > MOST_BYTES) {
            throw new IllegalArgumentException("must have a key of " + LEAST_BYTES + " to " + MOST_BYTES
                    + " bytes behind " + PREFIX + ", in base64; it has " + bytes.length);
        }
        return new SecretKeySpec(bytes, ALGORITHM);
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
}
