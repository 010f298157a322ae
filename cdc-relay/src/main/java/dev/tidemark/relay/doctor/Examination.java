package dev.tidemark.relay.doctor;

import java.sql.SQLException;

/** Looks at one theme. */
interface Examination {

    /** What is looked at, for the case that it cannot be. */
    String theme();

    /** @throws SQLException if the server does not let it look; what it had found until then counts */
    void examine(Asking database, Findings findings) throws SQLException;
}
