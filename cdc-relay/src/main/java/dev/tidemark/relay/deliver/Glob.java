package dev.tidemark.relay.deliver;

import static java.util.Objects.requireNonNull;

/**
 * A pattern in which {@code *} stands for any characters, also none, and {@code ?} for exactly one.
 * Everything else stands for itself, and case matters.
 *
 * <p>Matched greedily with one step back, so that no pattern takes longer than its length times the text's;
 * nothing is allocated.
 */
record Glob(String pattern) {

    Glob {
        requireNonNull(pattern, "pattern");
    }

    boolean matches(String text) {
        int t = 0;
        int p = 0;
        int star = -1;
        int afterStar = 0;
        while (t < text.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                afterStar = t;
            } else if (p < pattern.length() && fits(p, text, t)) {
                t += pattern.charAt(p) == '?' ? widthAt(text, t) : 1;
                p++;
            } else if (star >= 0) {
                p = star + 1;
                afterStar += widthAt(text, afterStar);
                t = afterStar;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }

    private boolean fits(int p, String text, int t) {
        return pattern.charAt(p) == '?' || pattern.charAt(p) == text.charAt(t);
    }

    /** A character outside the basic plane is one character, though it takes two places. */
    private static int widthAt(String text, int index) {
        return Character.charCount(text.codePointAt(index));
    }

    @Override
    public String toString() {
        return pattern;
    }
}
