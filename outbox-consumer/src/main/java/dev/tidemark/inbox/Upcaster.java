package dev.tidemark.inbox;

/** Makes a payload of one schema version into one of the next. */
@FunctionalInterface
public interface Upcaster {

    /**
     * @param payload of the older version, as it was written; not to be changed. Never that of a tombstone, which has none
     * @return the same in the next version, of the same content type
     * @throws Exception if it cannot be; it counts as a failure of the handler
     */
    byte[] upcast(byte[] payload) throws Exception;
}
