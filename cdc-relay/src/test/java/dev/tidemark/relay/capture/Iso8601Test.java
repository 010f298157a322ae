package dev.tidemark.relay.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Held against the JDK's own parser. */
class Iso8601Test {

    private static final long SEED = new Random().nextLong();
    private static final long EARLIEST = Instant.parse("0000-01-01T00:00:00Z").getEpochSecond();
    private static final long LATEST = Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();

    @Test
    void anyMomentIsReadAsTheJdkReadsIt() {
        Random random = new Random(SEED);
        for (int i = 0; i < 100_000; i++) {
            long second = EARLIEST + (long) (random.nextDouble() * (LATEST - EARLIEST));
            int nanos = random.nextInt(1_000_000_000);
            for (int cut = random.nextInt(10); cut > 0; cut--) {
                nanos = nanos / 10 * (random.nextBoolean() ? 1 : 10); // fewer digits, or zeros at the end
            }
            Instant moment = Instant.ofEpochSecond(second, nanos);
            String text = OffsetDateTime.ofInstant(moment, ZoneOffset.UTC).toString();
            assertThat(Iso8601.parse(text)).as("seed %d, %s", SEED, text).isEqualTo(moment);
        }
    }

    /** Most of what a damaged text is, is none; the rest is the same moment. */
    @Test
    void whatIsDamagedIsReadOrRefusedAsTheJdkDoes() {
        Random random = new Random(SEED);
        String sound = "2026-02-28T23:59:59.123456Z";
        String alphabet = "0123456789-:TZ.+ é";
        for (int i = 0; i < 100_000; i++) {
            StringBuilder text = new StringBuilder(sound);
            for (int damages = 1 + random.nextInt(2); damages > 0; damages--) {
                int at = random.nextInt(text.length());
                char other = alphabet.charAt(random.nextInt(alphabet.length()));
                switch (random.nextInt(3)) {
                    case 0 -> text.setCharAt(at, other);
                    case 1 -> text.deleteCharAt(at);
                    default -> text.insert(at, other);
                }
            }
            assertThat(read(text.toString())).as("seed %d, %s", SEED, text).isEqualTo(readByJdk(text.toString()));
        }
    }

    private static String read(String text) {
        try {
            return Iso8601.parse(text).toString();
        } catch (DateTimeParseException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static String readByJdk(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant().toString();
        } catch (DateTimeParseException e) {
            return String.valueOf(e.getMessage());
        }
    }

    @Test
    void allFormsAreKnown() {
        for (String text : List.of(
                "2026-11-21T10:15:30Z",
                "2026-11-21T10:15:30.5Z",
                "2026-11-21T10:15:30.123456789Z",
                "2024-02-29T00:00:00Z",
                "2026-11-21T10:15Z",
                "2026-11-21T10:15:30.5+02:00",
                "+12026-11-21T10:15:30Z",
                "-0044-03-15T12:00:00Z")) {
            assertThat(Iso8601.parse(text))
                    .as(text)
                    .isEqualTo(OffsetDateTime.parse(text).toInstant());
        }
    }

    @Test
    void whatIsNoTimeIsRefused() {
        for (String text : List.of(
                "",
                "Z",
                "infinity",
                "2026-02-29T00:00:00Z",
                "2026-11-21T24:00:01Z",
                "2026-11-21T10:60:00Z",
                "2026-11-21T10:15:60Z",
                "2026-11-21T10:15:30.1234567890Z",
                "2026-11-21 10:15:30Z",
                "٢٠٢٦-11-21T10:15:30Z")) {
            assertThatThrownBy(() -> Iso8601.parse(text)).as(text).isInstanceOf(DateTimeParseException.class);
        }
    }
}
