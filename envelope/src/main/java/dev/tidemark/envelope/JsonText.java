package dev.tidemark.envelope;

import java.util.Map;

/**
 * JSON as text. Above all, checks that a text is one JSON value that Postgres can store in {@code json},
 * and convert to {@code jsonb} unless a number is beyond its {@code numeric}, and that any JSON parser can read. Stricter than RFC 8259 where a database or a receiver would choke later:
 * no {@code \u0000}, no lone surrogates, raw or escaped, and no nesting deeper than {@value #MAX_DEPTH}.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8259">RFC 8259</a>
 */
public final class JsonText {

    /** How deep objects and arrays may be nested; Jackson's limit, so that every receiver that uses it can read them. */
    public static final int MAX_DEPTH = 1000;

    private static final char END = '\0'; // not legal anywhere in JSON, so it can stand for the end

    private final String what;
    private final String text;
    private int next;
    private int depth;

    private JsonText(String what, String text) {
        this.what = what;
        this.text = text;
    }

    /**
     * Returns {@code text} if it is one valid JSON value.
     *
     * @param what the name of the text in the message, such as {@code payload}
     * @throws IllegalArgumentException naming the problem and its position; it quotes at most one character
     */
    public static String requireValid(String what, String text) {
        JsonText scan = new JsonText(what, text);
        scan.value();
        scan.whitespace();
        if (scan.next < text.length()) {
            throw scan.expected("nothing after the value");
        }
        int lone = loneSurrogate(text); // a raw half beside an escaped one passes the scan, but not the encoder
        if (lone >= 0) {
            scan.next = lone;
            throw scan.wrong("half of a surrogate pair");
        }
        return text;
    }

    /** A JSON object with these strings as its members, in the order of the map. */
    public static String ofStrings(Map<String, String> strings) {
        StringBuilder json = new StringBuilder("{");
        strings.forEach((name, value) -> {
            json.append(json.length() == 1 ? "" : ",");
            quote(json, name);
            json.append(':');
            quote(json, value);
        });
        return json.append('}').toString();
    }

    private static void quote(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append("\\u").append(hex(c));
            } else {
                json.append(c);
            }
        }
        json.append('"');
    }

    /** The length of {@code text} in UTF-8, in bytes; a lone surrogate counts three. */
    public static int utf8Bytes(String text) {
        int bytes = text.length();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                bytes++;
                if (c >= 0x800 && !isPairedAt(text, i)) {
                    bytes++;
                }
            }
        }
        return bytes;
    }

    /** The index of the first surrogate of {@code text} that has no partner, or -1: such text has no form in UTF-8. */
    public static int loneSurrogate(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i)) && !isPairedAt(text, i)) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isPairedAt(String text, int i) {
        char c = text.charAt(i);
        if (Character.isHighSurrogate(c)) {
            return i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1));
        }
        return Character.isLowSurrogate(c) && i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }

    private void value() {
        whitespace();
        char c = peek();
        switch (c) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> string();
            case 't' -> literal("true");
            case 'f' -> literal("false");
            case 'n' -> literal("null");
            default -> {
                if (c != '-' && !isDigit(c)) {
                    throw expected("a value");
                }
                number();
            }
        }
    }

    private void object() {
        descend();
        if (!closes('}')) {
            do {
                whitespace();
                if (peek() != '"') {
                    throw expected("a name in quotes");
                }
                string();
                whitespace();
                take(':', "':'");
                value();
            } while (goesOn('}'));
        }
        depth--;
    }

    private void array() {
        descend();
        if (!closes(']')) {
            do {
                value();
            } while (goesOn(']'));
        }
        depth--;
    }

    private void descend() {
        depth++;
        if (depth > MAX_DEPTH) {
            throw wrong("it is nested deeper than " + MAX_DEPTH + " levels");
        }
        next++;
    }

    private boolean closes(char end) {
        whitespace();
        if (peek() != end) {
            return false;
        }
        next++;
        return true;
    }

    private boolean goesOn(char end) {
        if (closes(end)) {
            return false;
        }
        take(',', "',' or '" + end + "'");
        return true;
    }

    private void string() {
        next++;
        boolean open = false; // whether the character before was a high surrogate, raw or escaped
        while (true) {
            char c = peek();
            if (c == '"' || next >= text.length()) {
                break;
            }
            if (c < ' ') {
                throw expected("no control character in a string; write it as \\u" + hex(c));
            }
            int start = next;
            c = character();
            if (open != Character.isLowSurrogate(c)) {
                next = start;
                throw wrong("half of a surrogate pair");
            }
            if (c == 0) {
                next = start;
                throw wrong("\\u0000, which Postgres cannot store");
            }
            open = Character.isHighSurrogate(c);
        }
        if (open) {
            throw wrong("half of a surrogate pair");
        }
        take('"', "the end of the string");
    }

    /** The UTF-16 code unit at {@code next}, unescaped. */
    private char character() {
        char c = text.charAt(next++);
        if (c != '\\') {
            return c;
        }
        char escaped = peek();
        if (escaped != 'u') {
            if (escaped == END || "\"\\/bfnrt".indexOf(escaped) < 0) {
                throw expected("one of \" \\ / b f n r t u after a backslash");
            }
            next++;
            return ' ';
        }
        next++;
        int unit = 0;
        for (int i = 0; i < 4; i++) {
            int digit = peek() < 0x80 ? Character.digit(peek(), 16) : -1;
            if (digit < 0) {
                throw expected("four hexadecimal digits after \\u");
            }
            unit = unit << 4 | digit;
            next++;
        }
        return (char) unit;
    }

    private void number() {
        if (peek() == '-') {
            next++;
        }
        if (peek() == '0') {
            next++;
        } else {
            digits();
        }
        if (peek() == '.') {
            next++;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            next++;
            if (peek() == '+' || peek() == '-') {
                next++;
            }
            digits();
        }
    }

    private void digits() {
        if (!isDigit(peek())) {
            throw expected("a digit");
        }
        while (isDigit(peek())) {
            next++;
        }
    }

    private void literal(String literal) {
        if (!text.startsWith(literal, next)) {
            throw expected("a value");
        }
        next += literal.length();
    }

    private void take(char c, String expected) {
        if (peek() != c) {
            throw expected(expected);
        }
        next++;
    }

    private void whitespace() {
        while (next < text.length() && " \t\n\r".indexOf(text.charAt(next)) >= 0) {
            next++;
        }
    }

    private char peek() {
        return next < text.length() ? text.charAt(next) : END;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private IllegalArgumentException expected(String expected) {
        String found = "its end";
        if (next < text.length()) {
            char c = text.charAt(next);
            found = c > ' ' && c < 0x7f ? "'" + c + "'" : "U+" + hex(c);
        }
        return wrong("expected " + expected + ", found " + found);
    }

    private IllegalArgumentException wrong(String problem) {
        return new IllegalArgumentException(
                what + " is not valid JSON: " + problem + " at character " + (next + 1) + " of " + text.length());
    }

    private static String hex(char c) {
        return String.format("%04X", (int) c);
    }
}
