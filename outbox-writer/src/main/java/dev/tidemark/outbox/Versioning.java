package dev.tidemark.outbox;

/** Who gives the events of an aggregate type their versions. */
enum Versioning {
    /** The outbox, from its counter. */
    COUNTED,
    /** The application, which has a version of its own on the aggregate. */
    BY_CALLER,
    /** Nobody: consumers see neither gaps nor stale events. */
    UNVERSIONED
}
