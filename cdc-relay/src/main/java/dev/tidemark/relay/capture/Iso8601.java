package dev.tidemark.relay.capture;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;

/** Times as both feeds give them. The JDK's parser, which knows all forms, takes some ten times as long as the rest of a row. */
final class Iso8601 {

    private static final int SECONDS_END = 19;
    private static final int NANO_DIGITS = 9;
    private static final String SHAPE = "dddd-dd-ddTdd:dd:dd";

    private Iso8601() {}

    /**
     * Such as {@code 2026-11-21T10:15:30.5Z}; any other form that {@link OffsetDateTime} knows, too.
     *
     * @throws DateTimeParseException if it is none
     */
    static Instant parse(String text) {
        int last = text.length() - 1;
        boolean whole = last == SECONDS_END;
        boolean fraction = last > SECONDS_END + 1
                && last <= SECONDS_END + 1 + NANO_DIGITS
                && text.charAt(SECONDS_END) == '.'
                && areDigits(text, SECONDS_END + 1, last);
        if ((whole || fraction) && text.charAt(last) == 'Z' && hasShape(text)) {
            int hour = number(text, 11, 13);
            int minute = number(text, 14, 16);
            int second = number(text, 17, SECONDS_END);
            if (hour < 24 && minute < 60 && second < 60) {
                try {
                    long day = LocalDate.of(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10))
                            .toEpochDay();
                    return Instant.ofEpochSecond(
                            ((day * 24 + hour) * 60 + minute) * 60 + second, whole ? 0 : nanos(text, last));
                } catch (DateTimeException e) {
                    // who knows all forms says why
                }
            }
        }
        return OffsetDateTime.parse(text).toInstant();
    }

    private static boolean hasShape(String text) {
        for (int i = 0; i < SECONDS_END; i++) {
            char wanted = SHAPE.charAt(i);
            char found = text.charAt(i);
            if (wanted == 'd' ? !isDigit(found) : found != wanted) {
                return false;
            }
        }
        return true;
    }

    private static boolean areDigits(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (!isDigit(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isDigit(char character) {
        return character >= '0' && character <= '9';
    }

    private static int number(String text, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            number = number * 10 + text.charAt(i) - '0';
        }
        return number;
    }

    private static int nanos(String text, int end) {
        int nanos = number(text, SECONDS_END + 1, end);
        for (int i = end - SECONDS_END - 1; i < NANO_DIGITS; i++) {
            nanos *= 10;
        }
        return nanos;
    }
}
