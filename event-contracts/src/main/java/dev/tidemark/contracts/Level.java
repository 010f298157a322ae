package dev.tidemark.contracts;

/**
 * What a new version of a schema must be to earlier ones.
 *
 * @see <a href="https://docs.confluent.io/platform/current/schema-registry/fundamentals/schema-evolution.html">schema
 *     evolution</a>, where the names come from
 */
public enum Level {
    /** Who has the new version can read events of the one before: upgrade consumers first. */
    BACKWARD(true, false, false),
    /** Who has the new version can read events of all versions before. */
    BACKWARD_TRANSITIVE(true, false, true),
    /** Who has the version before can read events of the new one: upgrade the writer first. */
    FORWARD(false, true, false),
    /** Who has any version before can read events of the new one. */
    FORWARD_TRANSITIVE(false, true, true),
    /** Both, towards the version before. */
    FULL(true, true, false),
    /** Both, towards all versions before. */
    FULL_TRANSITIVE(true, true, true);

    private final boolean isBackward;
    private final boolean isForward;
    private final boolean isTransitive;

    Level(boolean isBackward, boolean isForward, boolean isTransitive) {
        this.isBackward = isBackward;
        this.isForward = isForward;
        this.isTransitive = isTransitive;
    }

    boolean isBackward() {
        return isBackward;
    }

    boolean isForward() {
        return isForward;
    }

    boolean isTransitive() {
        return isTransitive;
    }
}
