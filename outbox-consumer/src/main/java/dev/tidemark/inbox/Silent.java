package dev.tidemark.inbox;

/** Hears nothing; made once. */
final class Silent implements InboxListener {

    static final InboxListener LISTENER = new Silent();

    private Silent() {}
}
