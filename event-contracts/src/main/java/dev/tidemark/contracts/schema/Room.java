package dev.tidemark.contracts.schema;

import java.util.List;

/** What values of one type are still possible, as far as keywords of that type say. */
interface Room {

    Room copy();

    /** Keeps what satisfies the keywords of {@code schema}. */
    void require(Part schema, Branch branch);

    /** One branch for each keyword of {@code schema}, which keeps what does not satisfy it. */
    List<Branch> refuse(Part schema, Branch branch);

    /** A value in here. */
    Outcome solve(Search search, Branch branch);
}
