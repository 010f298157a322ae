package dev.tidemark.inbox;

import dev.tidemark.envelope.CloudEventsHttp;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The headers of a request, looked up without regard to case. */
final class RequestHeaders {

    private static final String ANY_CLOUD_EVENT = "application/cloudevents";

    private final Map<String, List<String>> headers;

    RequestHeaders(Map<String, List<String>> headers) {
        this.headers = headers;
    }

    /** Null if it is not there, or more than once: then nobody can say which one counts. */
    @Nullable
    String only(String name) {
        String found = null;
        for (Map.Entry<String, List<String>> header : headers.entrySet()) {
            if (name.equalsIgnoreCase(header.getKey())) {
                if (found != null || header.getValue().size() != 1) {
                    return null;
                }
                found = header.getValue().get(0);
            }
        }
        return found;
    }

    /** Whether everything is in the body. */
    boolean isStructured() {
        return isBatch() || mediaType().equals(CloudEventsHttp.STRUCTURED);
    }

    boolean isBatch() {
        return mediaType().equals(CloudEventsHttp.BATCH);
    }

    /** Whether this can be an event in binary or structured mode, or a batch. Other formats of CloudEvents cannot be read. */
    boolean isEvent() {
        return mediaType().startsWith(ANY_CLOUD_EVENT) ? isStructured() : only("ce-specversion") != null;
    }

    /** -1 if it is not said. */
    long contentLength() {
        String length = only("content-length");
        try {
            return length == null ? -1 : Long.parseLong(length);
        } catch (NumberFormatException e) {
            return -1; // the body itself is counted too
        }
    }

    /** Empty if it is not said. */
    private String mediaType() {
        String contentType = only("content-type");
        return contentType == null ? "" : mediaType(contentType);
    }

    private static String mediaType(String contentType) {
        int end = contentType.indexOf(';');
        return (end < 0 ? contentType : contentType.substring(0, end)).strip().toLowerCase(Locale.ROOT);
    }
}
