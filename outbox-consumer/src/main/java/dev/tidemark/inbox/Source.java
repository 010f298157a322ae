package dev.tidemark.inbox;

/** Where the messages of one subscription come from. */
interface Source {

    /** For people, without secrets. */
    String place();

    /**
     * Connects and reads, until the term is to stop or the connection is of no use any more. Before it gives the connection
     * up it ends the term, so that what is handled meanwhile is acknowledged over it.
     *
     * @throws Exception why it cannot go on
     */
    void read(Term term) throws Exception;
}
