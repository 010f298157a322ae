package dev.tidemark.inbox;

import dev.tidemark.envelope.WebhookKey;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whether a request was signed with one of these secrets, and not long ago.
 *
 * @see <a href="https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md">Standard
 *     Webhooks</a>
 */
final class WebhookSecrets {

    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,12}");

    private final List<WebhookKey> keys;
    private final Duration tolerance;
    private final InstantSource clock;

    /**
     * @param tolerance how far the time of a request may be from {@code clock}'s, in either direction
     * @throws IllegalArgumentException if a text is no secret; it is not in the message
     */
    WebhookSecrets(List<String> secrets, Duration tolerance, InstantSource clock) {
        this.keys = secrets.stream().map(WebhookSecrets::key).toList();
        this.tolerance = tolerance;
        this.clock = clock;
    }

    private static WebhookKey key(String secret) {
        WebhookKey.problem(secret).ifPresent(problem -> {
            throw new IllegalArgumentException("a secret " + problem);
        });
        return WebhookKey.of(secret);
    }

    /** Whether one of the signatures in {@code headers} is of {@code body}, and one of ours, and recent. */
    boolean haveSigned(RequestHeaders headers, byte[] body) {
        String id = headers.only(WebhookKey.ID);
        String timestamp = headers.only(WebhookKey.TIMESTAMP);
        String signatures = headers.only(WebhookKey.SIGNATURE);
        if (id == null || timestamp == null || signatures == null || !isRecent(timestamp)) {
            return false;
        }
        boolean signed = false;
        for (WebhookKey key : keys) {
            byte[] expected = key.sign(id, timestamp, body);
            for (String signature : signatures.split(" ", -1)) {
                byte[] given = decoded(signature);
                signed |= given != null && MessageDigest.isEqual(expected, given);
            }
        }
        return signed;
    }

    /** Null if it is no signature of a kind that is known here. */
    private static byte @Nullable [] decoded(String signature) {
        if (!signature.startsWith(WebhookKey.VERSION)) {
            return null;
        }
        try {
            return Base64.getDecoder().decode(signature.substring(WebhookKey.VERSION.length()));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private boolean isRecent(String timestamp) {
        if (!SECONDS.matcher(timestamp).matches()) {
            return false;
        }
        Instant signedAt = Instant.ofEpochSecond(Long.parseLong(timestamp));
        return Duration.between(signedAt, clock.instant()).abs().compareTo(tolerance) <= 0;
    }

    @Override
    public String toString() {
        return keys.size() + " secrets of webhooks";
    }
}
