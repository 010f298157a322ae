package dev.tidemark.relay.sink;

import dev.tidemark.envelope.WebhookKey;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Signs requests, so that a receiver knows who sent them, that nobody changed the body, and when. Every secret signs:
 * while one takes the place of another, receivers may know either. Safe for many threads.
 *
 * @see <a href="https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md">Standard
 *     Webhooks</a>
 */
final class HttpSignature {

    private final List<WebhookKey> keys;

    /**
     * A signature that is empty where there are no secrets.
     *
     * @throws IllegalArgumentException if a text is no secret; it is not in the message
     */
    HttpSignature(List<String> secrets) {
        this.keys = secrets.stream().map(WebhookKey::of).toList();
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
        String signatures = keys.stream()
                .map(key -> WebhookKey.VERSION + Base64.getEncoder().encodeToString(key.sign(id, timestamp, body)))
                .collect(Collectors.joining(" "));
        return Map.of(WebhookKey.ID, id, WebhookKey.TIMESTAMP, timestamp, WebhookKey.SIGNATURE, signatures);
    }
}
