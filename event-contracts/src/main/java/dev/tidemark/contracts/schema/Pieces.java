package dev.tidemark.contracts.schema;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** What became of the parts of a value: without one of them there is no whole; with a doubtful one it is doubtful. */
final class Pieces {

    private @Nullable String doubt;
    private boolean isImpossible;
    private boolean isIncomplete;

    /** Returns what was found, or guessed; null if nothing was. */
    @Nullable
    JsonNode add(Outcome piece) {
        isImpossible |= piece.isNone();
        isIncomplete |= piece.value() == null;
        if (doubt == null) {
            doubt = piece.doubt();
        }
        return piece.value();
    }

    void doubt(String reason) {
        if (doubt == null) {
            doubt = reason;
        }
    }

    boolean isImpossible() {
        return isImpossible;
    }

    Outcome whole(JsonNode value) {
        if (isImpossible) {
            return Outcome.none();
        }
        return isIncomplete ? new Outcome(null, doubt) : new Outcome(value, doubt);
    }
}
