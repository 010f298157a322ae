package dev.tidemark.relay.sink;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

/** The part of a receiver's answer that may stand in a reason: short, printable, without secret or payload. */
final class Excerpt {

    static final int MAX_CHARACTERS = 200;

    /** So many letters and digits in a row, common to answer and payload, are no chance. */
    private static final int WINDOW = 12;

    private static final int STRIDE = 4;

    /** Control, format, surrogate, private and unassigned characters, and every kind of space. */
    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{C}\\p{Z}\\s]+");

    private static final Pattern NEITHER_LETTER_NOR_DIGIT = Pattern.compile("[^\\p{L}\\p{N}]+");

    private Excerpt() {}

    /**
     * What a body says. Nothing of it is shown if it repeats a piece of the payload: error pages like to,
     * and no payload may get into a log.
     */
    static String of(byte[] body, byte[] payload, HttpTarget target) {
        String text = new String(body, StandardCharsets.UTF_8);
        if (repeats(text, payload)) {
            return "(its body repeats the payload and is left out)";
        }
        return clean(target.withoutSecrets(text));
    }

    /** One line of at most {@value #MAX_CHARACTERS} printable characters. */
    static String clean(String text) {
        String line = UNPRINTABLE.matcher(text).replaceAll(" ").strip();
        if (line.codePointCount(0, line.length()) <= MAX_CHARACTERS) {
            return line;
        }
        return line.substring(0, line.offsetByCodePoints(0, MAX_CHARACTERS)) + "…";
    }

    private static boolean repeats(String text, byte[] payload) {
        String said = essence(text);
        if (said.length() < WINDOW || payload.length < WINDOW) {
            return false;
        }
        String secret = essence(new String(payload, StandardCharsets.UTF_8));
        for (int i = 0; i + WINDOW <= said.length(); i += STRIDE) {
            if (secret.contains(said.substring(i, i + WINDOW))) {
                return true;
            }
        }
        return false;
    }

    /** Quoting and escaping must not hide a repetition. */
    private static String essence(String text) {
        return NEITHER_LETTER_NOR_DIGIT.matcher(text).replaceAll("").toLowerCase(Locale.ROOT);
    }
}
