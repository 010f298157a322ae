package dev.tidemark.bench;

/** Where a real sink delivers to, and from where it is read again for the gate. */
interface Destination extends AutoCloseable {

    /**
     * Makes a place of its own for a run.
     *
     * @param run lower-case letters, digits and underscores
     * @return the lines of a subscriber's configuration that name its sink
     */
    String open(String run) throws Exception;

    /** Reads all that is there, in its order, and removes the place. The sink is closed. */
    void read(String run, Gate gate) throws Exception;

    @Override
    void close();
}
