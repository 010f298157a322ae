package dev.tidemark.envelope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonTextTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "true",
                "false",
                "0",
                "-0",
                "-1.5e-7",
                "1E+400",
                "\"\"",
                "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
                "[]",
                "{}",
                " {\"a\" : [ 1 , {} ] }\r\n\t",
                "\"😀\"",
                "\"\\ud83d\\uDE00\"",
                "{\"a\":1,\"a\":2}",
                "\"\u007f\u2028\ufeff\""
            })
    void takesAnyJsonValue(String json) {
        assertThat(JsonText.requireValid("payload", json)).isEqualTo(json);
    }

    /** Two apostrophes stand for the text between them; ~ for a backslash, § for a raw high surrogate, ¤ for a low one. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    ''           | expected a value, found its end at character 1 of 0
                    '  '         | expected a value, found its end at character 3 of 2
                    NaN          | expected a value, found 'N' at character 1 of 3
                    -Infinity    | expected a digit, found 'I' at character 2 of 9
                    01           | expected nothing after the value, found '1' at character 2 of 2
                    1.           | expected a digit, found its end at character 3 of 2
                    .5           | expected a value, found '.' at character 1 of 2
                    1e           | expected a digit, found its end at character 3 of 2
                    +1           | expected a value, found '+' at character 1 of 2
                    nul          | expected a value, found 'n' at character 1 of 3
                    nulll        | expected nothing after the value, found 'l' at character 5 of 5
                    {} {}        | expected nothing after the value, found '{' at character 4 of 5
                    [1,]         | expected a value, found ']' at character 4 of 4
                    [1 2]        | expected ',' or ']', found '2' at character 4 of 5
                    [            | expected a value, found its end at character 2 of 1
                    {"a" 1}      | expected ':', found '1' at character 6 of 7
                    {"a":1,}     | expected a name in quotes, found '}' at character 8 of 8
                    {a:1}        | expected a name in quotes, found 'a' at character 2 of 5
                    "abc         | expected the end of the string, found its end at character 5 of 4
                    "a~x"        | expected one of " ~ / b f n r t u after a backslash, found 'x' at character 4 of 5
                    "~           | expected one of " ~ / b f n r t u after a backslash, found its end at character 3 of 2
                    "~u12g4"     | expected four hexadecimal digits after ~u, found 'g' at character 6 of 8
                    "a~u0000"    | ~u0000, which Postgres cannot store at character 3 of 9
                    "~ud800"     | half of a surrogate pair at character 8 of 8
                    "~udc00"     | half of a surrogate pair at character 2 of 8
                    "~ud800x"    | half of a surrogate pair at character 8 of 9
                    "~ud800~ud800" | half of a surrogate pair at character 8 of 14
                    "§"          | half of a surrogate pair at character 3 of 3
                    "¤"          | half of a surrogate pair at character 2 of 3
                    {"~u0000":1} | ~u0000, which Postgres cannot store at character 3 of 12
                    'é'          | expected a value, found U+00E9 at character 1 of 1
                    """)
    void saysWhatIsWrongAndWhere(String json, String problem) {
        assertThatThrownBy(() -> JsonText.requireValid("payload", real(json)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("payload is not valid JSON: " + real(problem));
    }

    private static String real(String text) {
        return text.replace('~', '\\').replace('§', '\ud83d').replace('¤', '\ude00');
    }

    @Test
    void refusesControlCharactersAndRawNul() {
        assertThatThrownBy(() -> JsonText.requireValid("payload", "\"a\nb\""))
                .hasMessageContaining(
                        "no control character in a string; write it as \\u000A, found U+000A at character 3");
        assertThatThrownBy(() -> JsonText.requireValid("payload", "\"a\0b\""))
                .hasMessageContaining("found U+0000 at character 3");
        assertThatThrownBy(() -> JsonText.requireValid("payload", "\0")).hasMessageContaining("found U+0000");
    }

    @Test
    void takesAThousandLevelsAndNotOneMore() {
        assertThat(JsonText.requireValid("payload", nested(1000))).hasSize(2000);
        assertThatThrownBy(() -> JsonText.requireValid("payload", nested(1001)))
                .hasMessage(
                        "payload is not valid JSON: it is nested deeper than 1000 levels at character 1001 of 2002");
        assertThatThrownBy(() -> JsonText.requireValid("payload", nested(10_000)))
                .hasMessageContaining("deeper");
    }

    @Test
    void whatIsNestedAsDeepAsAllowedPassesThroughAnEnvelope() {
        Envelope deep = Examples.builder()
                .data("application/json", Examples.utf8(nested(1000)))
                .build();
        GoldenFilesTest.assertSame(CloudEventsJson.read(CloudEventsJson.write(deep)), deep);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "abc", "é", "漢", "😀", "a😀é漢\u0000\u007f\u0080\u07ff\u0800\uffff"})
    void countsBytesWithoutEncoding(String text) {
        assertThat(JsonText.utf8Bytes(text)).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
    }

    @Test
    void writesStrings() {
        assertThat(JsonText.ofStrings(new TreeMap<>(Map.of("a", "\"\\/\n\u0001é😀", "b", ""))))
                .isEqualTo("{\"a\":\"\\\"\\\\/\\u000A\\u0001é😀\",\"b\":\"\"}");
        assertThat(JsonText.ofStrings(Map.of())).isEqualTo("{}");
    }

    @Test
    void findsLoneSurrogates() {
        assertThat(JsonText.loneSurrogate("a😀b")).isEqualTo(-1);
        assertThat(JsonText.loneSurrogate("ab\ud83d")).isEqualTo(2);
        assertThat(JsonText.loneSurrogate("😀\ude00")).isEqualTo(2);
        assertThat(JsonText.utf8Bytes("\ud83d")).isEqualTo(3);
    }

    /** Text mutated at random is taken exactly if Jackson takes it too; the corpus has no surrogates and no NUL. */
    @RepeatedTest(50)
    void agreesWithJackson(RepetitionInfo repetition) throws IOException {
        System.out.println("seed " + repetition.getCurrentRepetition());
        Random random = new Random(repetition.getCurrentRepetition());
        String alphabet = "{}[]:,\"\\ \n0123-+.eEtrufalsn/b\u0001é";
        int valid = 0;
        for (int i = 0; i < 2000; i++) {
            StringBuilder json = new StringBuilder("{\"a\":[1,-2.5e3,\"x\\n\",true,null],\"b\":{\"c\":false}}");
            for (int edits = 1 + random.nextInt(2); edits > 0; edits--) {
                int at = random.nextInt(json.length());
                char c = alphabet.charAt(random.nextInt(alphabet.length()));
                json.replace(at, at + random.nextInt(2), String.valueOf(c));
            }
            boolean expected = jacksonTakes(json.toString());
            valid += expected ? 1 : 0;
            assertThat(takes(json.toString())).as(json.toString()).isEqualTo(expected);
        }
        assertThat(valid).isBetween(50, 1950);
    }

    private static boolean takes(String json) {
        try {
            JsonText.requireValid("payload", json);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean jacksonTakes(String json) throws IOException {
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            parser.nextToken();
            parser.skipChildren();
            parser.finishToken();
            return parser.nextToken() == null;
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            return false;
        }
    }

    private static String nested(int depth) {
        return "[".repeat(depth) + "]".repeat(depth);
    }

    @Test
    void anEscapedHalfOfAPairDoesNotMakeARawOneWhole() {
        String escapedFirst = "'~ud83d¤'";
        String rawFirst = "'§~ude00'";
        for (String mixed : new String[] {escapedFirst, rawFirst}) {
            String json = mixed.replace('\'', '"')
                    .replace('~', '\\')
                    .replace('§', '\ud83d')
                    .replace('¤', '\ude00');
            assertThatThrownBy(() -> JsonText.requireValid("payload", json))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("half of a surrogate pair");
        }
    }
}
