package dev.tidemark.bench;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is written, and so what must arrive. Events are numbered from 0 in the order of their commits; the payload of each
 * begins with its number, which tells its aggregate and its version.
 *
 * @param events without the one that follows as a mark of the end
 * @param perTransaction events of each transaction
 * @param payloadBytes of each event
 * @param aggregates among which events go around
 * @param seed of what fills the payloads
 */
record Workload(int events, int perTransaction, int payloadBytes, int aggregates, long seed) {

    /** Of its own type and aggregate id, so that the ids of aggregates are short. */
    static final String AGGREGATE_TYPE = "order";

    static final String SOURCE = "bench";

    static final int FILLS = 64;

    /** More would take longer to write than to read. */
    private static final long MOST_BYTES = 1L << 30;

    private static final int LEAST_PAYLOAD = 40;
    private static final Pattern FORM = Pattern.compile("(\\d{1,6})/(\\d{1,7})/(\\d{1,7})");
    private static final byte[] BEGINNING = "{\"n\":\"".getBytes(StandardCharsets.US_ASCII);
    private static final int DIGITS = 10;

    Workload {
        require(events >= 1 && events <= 50_000_000, "events must be from 1 to 50000000", events);
        require(
                perTransaction >= 1 && perTransaction <= 100_000,
                "events per transaction must be from 1 to 100000",
                perTransaction);
        require(
                payloadBytes >= LEAST_PAYLOAD && payloadBytes <= 1 << 20,
                "payload must have from " + LEAST_PAYLOAD + " to 1048576 bytes",
                payloadBytes);
        require(aggregates >= 1 && aggregates <= 1_000_000, "aggregates must be from 1 to 1000000", aggregates);
    }

    private static void require(boolean right, String message, int found) {
        if (!right) {
            throw new IllegalArgumentException(message + ", but was: " + found);
        }
    }

    /**
     * Reads {@code PER-TRANSACTION/PAYLOAD-BYTES/AGGREGATES}, such as {@code 10/200/10000}. Of large payloads there are
     * fewer events.
     *
     * @throws IllegalArgumentException if it is something else
     */
    static Workload parse(String text, int events, long seed) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException(
                    "a workload is PER-TRANSACTION/PAYLOAD-BYTES/AGGREGATES, such as 10/200/10000, but was: " + text);
        }
        int payloadBytes = Integer.parseInt(form.group(2));
        long most = MOST_BYTES / Math.max(1, payloadBytes);
        return new Workload(
                (int) Math.min(events, most),
                Integer.parseInt(form.group(1)),
                payloadBytes,
                Integer.parseInt(form.group(3)),
                seed);
    }

    /** How many must arrive: the mark of the end, too. */
    int expected() {
        return events + 1;
    }

    /** Such as {@code 10/200/10000}. */
    String form() {
        return perTransaction + "/" + payloadBytes + "/" + aggregates;
    }

    int aggregateOf(int number) {
        return number % aggregates;
    }

    long versionOf(int number) {
        return number / aggregates + 1L;
    }

    /** What stands behind the number in a payload; there are {@value #FILLS}, which do not compress well. */
    String[] fills() {
        Random random = new Random(seed);
        String[] fills = new String[FILLS];
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";
        int length = payloadBytes - payload(0, "").length();
        for (int i = 0; i < FILLS; i++) {
            StringBuilder fill = new StringBuilder(length);
            for (int k = 0; k < length; k++) {
                fill.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            fills[i] = fill.toString();
        }
        return fills;
    }

    /** The payload of an event. */
    static String payload(int number, String fill) {
        String digits = Integer.toString(number);
        return "{\"n\":\"" + "0".repeat(DIGITS - digits.length()) + digits + "\",\"fill\":\"" + fill + "\"}";
    }

    /** The number in a text that has a payload somewhere in it; -1 if it has none. */
    static int findNumber(byte[] text) {
        for (int from = 0; from + BEGINNING.length + DIGITS <= text.length; from++) {
            int number = text[from] == BEGINNING[0] ? numberIn(text, from) : -1;
            if (number >= 0) {
                return number;
            }
        }
        return -1;
    }

    /** The number in a payload; -1 if it has none. */
    static int numberIn(byte[] text, int from) {
        int at = from + BEGINNING.length;
        if (text.length < at + DIGITS) {
            return -1;
        }
        for (int i = 0; i < BEGINNING.length; i++) {
            if (text[from + i] != BEGINNING[i]) {
                return -1;
            }
        }
        int number = 0;
        for (int i = at; i < at + DIGITS; i++) {
            int digit = text[i] - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }
}
