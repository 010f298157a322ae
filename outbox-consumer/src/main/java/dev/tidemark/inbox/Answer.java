package dev.tidemark.inbox;

import java.util.Map;

/**
 * An HTTP response, for whatever framework sends it.
 *
 * @param status such as 204
 * @param headers to be set as they are; {@code content-type} is among them if there is a text
 * @param text for people, in ASCII; empty if there is no body. Nothing of a request is ever in it
 */
public record Answer(int status, Map<String, String> headers, String text) {

    public Answer {
        headers = Map.copyOf(headers);
    }

    static Answer empty(int status) {
        return new Answer(status, Map.of(), "");
    }

    static Answer of(int status, String text) {
        return new Answer(status, TEXT_HEADERS, text);
    }

    static Answer of(int status, String text, String header, String value) {
        return new Answer(
                status, Map.of("content-type", CONTENT_TYPE, "x-content-type-options", "nosniff", header, value), text);
    }

    private static final String CONTENT_TYPE = "text/plain; charset=utf-8";

    private static final Map<String, String> TEXT_HEADERS =
            Map.of("content-type", CONTENT_TYPE, "x-content-type-options", "nosniff");
}
