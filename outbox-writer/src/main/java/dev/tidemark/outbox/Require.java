package dev.tidemark.outbox;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.JsonText;
import java.util.regex.Pattern;

/** Checks at the door: each returns its argument, or says what was wrong, what is allowed and what was found. */
final class Require {

    private static final int SHOWN_CHARACTERS = 100;

    private Require() {}

    /** @param example a value that would pass, for the message */
    static String matching(String what, Pattern pattern, String example, String value) {
        requireNonNull(value, what);
        if (!pattern.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    what + " must match " + pattern + ", such as " + example + ", but was: " + shown(value));
        }
        return value;
    }

    /** Text that CloudEvents allows in an attribute: no control characters, and nothing that UTF-8 cannot say. */
    static String printable(String what, int minCharacters, int maxCharacters, String value) {
        requireNonNull(value, what);
        if (value.length() < minCharacters || value.length() > maxCharacters) {
            throw new IllegalArgumentException(what + " must have " + minCharacters + " to " + maxCharacters
                    + " characters, but has " + value.length() + (value.isEmpty() ? "" : ": " + shown(value)));
        }
        return printable(what, value);
    }

    static String printable(String what, String value) {
        requireNonNull(value, what);
        for (int i = 0; i < value.length(); i++) {
            if (Character.isISOControl(value.charAt(i))) {
                throw new IllegalArgumentException(String.format(
                        "%s must not have control characters, but has U+%04X at character %d: %s",
                        what, (int) value.charAt(i), i + 1, shown(value)));
            }
        }
        return encodable(what, value);
    }

    private static String encodable(String what, String value) {
        int lone = JsonText.loneSurrogate(value);
        if (lone >= 0) {
            throw new IllegalArgumentException(what + " must be text that UTF-8 can encode, but has half of a surrogate"
                    + " pair at character " + (lone + 1) + ": " + shown(value));
        }
        return value;
    }

    static long inRange(String what, long min, long max, long value) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(what + " must be from " + min + " to " + max + ", but was: " + value);
        }
        return value;
    }

    /** Cut short, and without what could break a line of a log. */
    static String shown(String value) {
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < Math.min(value.length(), SHOWN_CHARACTERS); i++) {
            char c = value.charAt(i);
            shown.append(Character.isISOControl(c) || Character.isSurrogate(c) ? String.format("\\u%04X", (int) c) : c);
        }
        return value.length() <= SHOWN_CHARACTERS
                ? shown.toString()
                : shown.append('…').toString();
    }
}
