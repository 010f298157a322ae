package dev.tidemark.inbox.directory;

import static java.util.Objects.requireNonNull;

/**
 * A value as somebody has it.
 *
 * @param version of its aggregate; 0 if that is not known
 */
public record Copy<V>(V value, long version) {

    public Copy {
        requireNonNull(value, "value");
    }
}
