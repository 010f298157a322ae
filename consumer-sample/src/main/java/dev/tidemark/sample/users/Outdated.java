package dev.tidemark.sample.users;

/** A command was based on a version that is not the newest any more. Nothing was changed. */
final class Outdated extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final transient Edition current;

    Outdated(Edition current) {
        super("the user is at version " + current.version() + " by now");
        this.current = current;
    }

    /** What the editor has not seen. */
    Edition current() {
        return current;
    }
}
