package dev.tidemark.envelope;

import java.util.UUID;
import java.util.regex.Pattern;

/** Reads UUIDs more strictly than {@link UUID#fromString}, which takes {@code 1-2-3-4-5} for one. */
final class Uuids {

    private static final Pattern FORM =
            Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");

    private Uuids() {}

    static UUID parse(String text) {
        if (!FORM.matcher(text).matches()) {
            throw new IllegalArgumentException("is not a UUID");
        }
        return UUID.fromString(text);
    }
}
