package dev.tidemark.sample.users;

/**
 * A user at one version: what an editor has seen, and what a command may be based on.
 *
 * @param version of the user's newest event
 */
record Edition(User user, long version) {

    /** As HTTP has it. */
    String etag() {
        return "\"" + version + "\"";
    }
}
