package dev.tidemark.envelope;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The part of a content type before its parameters. */
final class MediaType {

    private static final String ANY_EVENT = "application/cloudevents"; // or several, in whatever form

    private MediaType() {}

    /** Whether it says that the content is a whole event, or a batch of them, and not the data of one. */
    static boolean isOfEvents(@Nullable String contentType) {
        return of(contentType).startsWith(ANY_EVENT);
    }

    /** In lower case; empty if there is none. */
    static String of(@Nullable String contentType) {
        if (contentType == null) {
            return "";
        }
        int end = contentType.indexOf(';');
        return (end < 0 ? contentType : contentType.substring(0, end)).trim().toLowerCase(Locale.ROOT);
    }
}
