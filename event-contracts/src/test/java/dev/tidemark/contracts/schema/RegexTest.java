package dev.tidemark.contracts.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Patterns as automata, against Java's own. */
class RegexTest {

    private static final String ALPHABET = "aAbB019_-. \n/é\uD83D\uDE00";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "^a",
                "a$",
                "^a$|b",
                "^(a|b)+$",
                "^(?:a|bb)*?$",
                "^a{2,3}b?$",
                "^a{2,}$",
                "^a{2}$",
                "^[a-b0-9_-]+$",
                "^[^a]$",
                "^.$",
                "^..$",
                "^\\w+\\.\\d*$",
                "^\\D\\W\\S$",
                "^\\S+$",
                "\\/",
                "^[\\w.]+$",
                "^\\u0061\\x62$",
                "^[\\uD83D\\uDE00a]$",
                "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}$"
            })
    void matchesWhatJavaMatches(String pattern) {
        Regex regex = Regex.of(pattern);
        Pattern java = Pattern.compile(pattern.replaceAll("\\$(?=$|\\|)", "\\\\z"));
        Random random = new Random(7);
        for (int i = 0; i < 3000; i++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(6); length > 0; length--) {
                int index = ALPHABET.offsetByCodePoints(0, random.nextInt(Json.length(ALPHABET)));
                text.appendCodePoint(ALPHABET.codePointAt(index));
            }
            assertThat(regex.matches(text.toString()))
                    .as("%s with %s", pattern, text)
                    .isEqualTo(Truth.of(java.matcher(text).find()));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(?=a)", "(?!a)", "(a)\\1", "\\bword", "\\p{L}", "a^b", "(^a)", "[a&&b]", "a{2000}", "(?<n>a)", "["
            })
    void whatIsBeyondIsNotGuessed(String pattern) {
        assertThat(Regex.of(pattern).isUnderstood()).isFalse();
        assertThat(Regex.of(pattern).matches("a")).isEqualTo(Truth.UNSURE);
    }

    @Test
    void aCharacterBeyondTheFirstPlaneIsOne() {
        assertThat(Regex.of("^.$").matches("\uD83D\uDE00")).isEqualTo(Truth.YES);
        assertThat(Regex.of("^[^a]$").matches("\uD83D\uDE00")).isEqualTo(Truth.YES);
    }
}
