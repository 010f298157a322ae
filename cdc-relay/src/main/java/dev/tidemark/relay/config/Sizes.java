package dev.tidemark.relay.config;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Sizes as people write them: {@code 64MiB}, {@code 1MB}, {@code 500000B}. */
public final class Sizes {

    private static final Pattern SYNTAX = Pattern.compile("(\\d{1,9})(B|kB|KB|MB|GB|KiB|MiB|GiB)");

    private static final Map<String, Long> UNITS = Map.of(
            "B", 1L,
            "kB", 1_000L,
            "KB", 1_000L,
            "MB", 1_000_000L,
            "GB", 1_000_000_000L,
            "KiB", 1L << 10,
            "MiB", 1L << 20,
            "GiB", 1L << 30);

    private Sizes() {}

    /** In bytes; null if {@code text} is not a size. */
    static @Nullable Long parse(String text) {
        Matcher matcher = SYNTAX.matcher(text);
        if (!matcher.matches()) {
            return null;
        }
        return Long.parseLong(matcher.group(1)) * UNITS.getOrDefault(matcher.group(2), 1L);
    }

    /** Rounded down to whole units, such as {@code 4MiB}. */
    public static String show(long bytes) {
        if (bytes >= 1 << 20) {
            return bytes / (1 << 20) + "MiB";
        }
        return bytes >= 1 << 10 ? bytes / (1 << 10) + "KiB" : bytes + "B";
    }
}
