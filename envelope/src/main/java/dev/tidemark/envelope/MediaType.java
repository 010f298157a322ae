package dev.tidemark.envelope;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The part of a content type before its parameters. */
final class MediaType {

    private MediaType() {}

    /** In lower case; empty if there is none. */
    static String of(@Nullable String contentType) {
        if (contentType == null) {
            return "";
        }
        int end = contentType.indexOf(';');
        return (end < 0 ? contentType : contentType.substring(0, end)).trim().toLowerCase(Locale.ROOT);
    }
}
