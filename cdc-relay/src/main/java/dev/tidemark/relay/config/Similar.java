package dev.tidemark.relay.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds what somebody meant to type. */
final class Similar {

    private static final int LONGEST = 40;

    private Similar() {}

    /** The nearest of {@code names}, if it is at most a third of its letters away; case, - and _ do not count. */
    static Optional<String> nearest(String typed, Collection<String> names) {
        if (typed.length() > LONGEST) {
            return Optional.empty();
        }
        return names.stream()
                .min(Comparator.comparingInt(name -> distance(plain(typed), plain(name))))
                .filter(name -> distance(plain(typed), plain(name)) <= Math.max(1, name.length() / 3));
    }

    static boolean same(String a, String b) {
        return plain(a).equals(plain(b));
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[_-]", "");
    }

    /** Levenshtein: how many letters must be put in, taken out or replaced. */
    static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(previous[j], row[j - 1]));
            }
            previous = row;
        }
        return previous[b.length()];
    }
}
