package dev.tidemark.inbox;

/** What becomes of an event for whose type a subscription has no handler. */
public enum UnknownType {

    /** It counts as handled and is acknowledged; its aggregate's version goes on. */
    IGNORE,

    /** It is dead in the inbox, or over HTTP refused for good, so that the relay keeps it: where a person sees it. */
    REFUSE
}
