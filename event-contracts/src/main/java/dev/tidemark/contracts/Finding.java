package dev.tidemark.contracts;

import dev.tidemark.contracts.schema.Break;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that breaks somebody.
 *
 * @param kind what was done
 * @param contract such as {@code order/order-placed}
 * @param writes the version that the events have
 * @param reads the version that the reader has; 0 if it was removed
 * @param reason where and why; null if something was removed
 * @param broken the consumers that are declared and concerned
 */
record Finding(
        Kind kind,
        String contract,
        int writes,
        int reads,
        @Nullable Break reason,
        List<String> broken) {

    /** What was done. */
    enum Kind {
        /** The new version refuses events of an earlier one. */
        BACKWARD,
        /** An earlier version refuses events of the new one. */
        FORWARD,
        /** A published version was changed, so that it refuses what it accepted. */
        NARROWED,
        /** A published version was changed, so that it accepts what it refused. */
        WIDENED,
        /** A published version, or a type with all its versions, is no longer there. */
        REMOVED
    }

    /** What happened, in one line. */
    String summary() {
        return switch (kind) {
            case BACKWARD -> contract + ": version " + reads + " refuses events that version " + writes + " allows";
            case FORWARD -> contract + ": version " + writes + " allows events that version " + reads + " refuses";
            case NARROWED ->
                contract + ": version " + reads + " was published and then changed, so that it refuses events"
                        + " that it allowed";
            case WIDENED ->
                contract + ": version " + reads + " was published and then changed, so that it allows events"
                        + " that it refused";
            default -> contract + ": version " + writes + " was published, but is no longer here";
        };
    }

    /** Who cannot read what any more, in one line. */
    String consequence() {
        String names = broken.isEmpty() ? "nobody who is declared" : String.join(", ", broken);
        return switch (kind) {
            case BACKWARD ->
                "breaks who reads with version " + reads + " and still gets events of version " + writes + ": " + names;
            case FORWARD -> "breaks who still reads with version " + reads + ": " + names;
            case NARROWED -> "breaks who takes the changed version and gets events that were written before: " + names;
            case WIDENED -> "breaks who has version " + reads + " as it was published: " + names;
            default -> "breaks who reads it, or checks events by it: " + names;
        };
    }

    String remedy() {
        return switch (kind) {
            case BACKWARD, FORWARD -> "widen the new version until it fits, or give the events a new type";
            case REMOVED -> "put it back: events of this version may still be anywhere";
            default -> "put the published text back, and make the change in a new version";
        };
    }
}
