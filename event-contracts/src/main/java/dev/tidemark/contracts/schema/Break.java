package dev.tidemark.contracts.schema;

import org.jspecify.annotations.Nullable;

/**
 * Why one schema does not accept all that another accepts.
 *
 * @param place of the keyword in the schema that refuses, as a JSON pointer, such as {@code /properties/amount/maximum}
 * @param why what the validator says of {@code example}; or what could not be compared
 * @param example a document that the one accepts and the other refuses, as JSON; null if none was found, but none could
 *     be ruled out either
 */
public record Break(String place, String why, @Nullable String example) {

    /** Whether there is a document that shows it. If there is none, the schemas are too different to be compared. */
    public boolean isProved() {
        return example != null;
    }
}
