package dev.tidemark.relay.backlog;

import java.sql.SQLException;
import java.util.Arrays;

/** Which events of a subscriber's backlog one lane owns. */
record Part(String subscriber, int lane, int lanes, boolean deadBlocks) {

    /** The condition for rows {@code b}. As a list, so that an index decides it without looking at the row. */
    static final String OWNS = "b.subscriber = ? and b.bucket = any (?::int2[])";

    /**
     * The condition for rows {@code b} that no dead event before them blocks. It is asked of each row in turn: with
     * offset 0 the planner makes no join of it, whose hash table would be built again for every page.
     */
    static final String UNBLOCKED = """
             and not exists (
                select from tidemark.backlog d
                where d.subscriber = b.subscriber and d.state = 'dead' and d.hash = b.hash and d.position < b.position
                  and d.source = b.source and d.tenantid = b.tenantid
                  and d.aggregatetype = b.aggregatetype and d.aggregateid = b.aggregateid
                offset 0)
            """;

    Part {
        if (lane < 0 || lane >= lanes) {
            throw new IllegalArgumentException("lane must be from 0 to " + (lanes - 1) + ", but was: " + lane);
        }
    }

    /** Sets the parameters of {@link #OWNS}. */
    Parameters bind(Parameters parameters) throws SQLException {
        return parameters.text(subscriber).array("int2", buckets());
    }

    private Object[] buckets() {
        return Arrays.stream(Buckets.ofLane(lane, lanes)).boxed().toArray();
    }

    String unblocked() {
        return deadBlocks ? UNBLOCKED : "";
    }
}
