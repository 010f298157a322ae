package dev.tidemark.relay.sink;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** What an answer means for the envelope. Pure functions. */
final class HttpOutcome {

    static final int GONE = 410;
    private static final int PROXY_WANTS_PASSWORD = 407;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int UNAVAILABLE = 503;

    /** More is not a number of seconds that anybody means. */
    private static final int MAX_DIGITS = 9;

    private HttpOutcome() {}

    /** The headers of an answer. */
    interface Headers {

        /** The first value of one, its name in any case; null if there is none. */
        @Nullable
        String first(String name);
    }

    /**
     * 2xx delivered; 408, 425, 429 and 5xx may pass, and so may 407, which a proxy answers that was sent nothing; 410 is about the receiver, and not about the envelope; any other status will not change for the same envelope.
     *
     * @param target for people, without secrets
     * @param excerpt of the body, for people; empty if there is none
     * @param now used only if the answer has no date of its own
     */
    static Delivery of(int status, Headers headers, String target, String excerpt, Instant now) {
        if (status / 100 == 2) {
            return Delivery.delivered();
        }
        String reason = "POST " + target + " answered " + status;
        if (status == GONE) {
            return Delivery.retry(reason + " and wants nothing more; nothing is sent there");
        }
        if (mayPass(status)) {
            return Delivery.retry(reason, retryAfter(headers, now));
        }
        if (status / 100 == 3) {
            return Delivery.rejected(reason + "; redirects are not followed, set the url to where it leads");
        }
        return Delivery.rejected(excerpt.isEmpty() ? reason : reason + ": " + excerpt);
    }

    /** Whether the status says that the receiver takes nothing now, whatever the event. */
    static boolean concernsAllEvents(int status) {
        return status == TOO_MANY_REQUESTS || status == UNAVAILABLE || status == GONE || status == PROXY_WANTS_PASSWORD;
    }

    private static boolean mayPass(int status) {
        return status == PROXY_WANTS_PASSWORD
                || status == 408
                || status == 425
                || status == TOO_MANY_REQUESTS
                || status / 100 == 5;
    }

    /**
     * The wait that {@code Retry-After} asks for, in seconds or by a date, never negative; null if there is
     * none that can be read. A date is compared with the answer's own, so that the two clocks need not agree.
     */
    static @Nullable Duration retryAfter(Headers headers, Instant now) {
        String value = headers.first("retry-after");
        if (value == null) {
            return null;
        }
        String text = value.strip();
        if (text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return text.isEmpty() || text.length() > MAX_DIGITS ? null : Duration.ofSeconds(Long.parseLong(text));
        }
        Instant until = date(text);
        if (until == null) {
            return null;
        }
        String date = headers.first("date");
        Instant answered = date == null ? null : date(date);
        Duration wait = Duration.between(answered == null ? now : answered, until);
        return wait.isNegative() ? Duration.ZERO : wait;
    }

    private static @Nullable Instant date(String text) {
        try {
            return Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text.strip()));
        } catch (DateTimeException e) {
            return null;
        }
    }
}
