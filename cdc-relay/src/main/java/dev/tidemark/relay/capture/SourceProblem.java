package dev.tidemark.relay.capture;

import java.sql.SQLException;

/** The source cannot be read as it is set up, and waiting will not change that; the message says what repairs it. */
public final class SourceProblem extends Exception {

    public SourceProblem(String message) {
        super(message);
    }

    /** Throws one if it will not help to ask the server again what it answered with {@code e}. */
    public static void throwIfLasting(SQLException e) throws SourceProblem {
        String state = String.valueOf(e.getSQLState());
        if (state.startsWith("28") || state.equals("3D000")) { // the role or its password; the database is not there
            throw new SourceProblem("cannot log in: " + e.getMessage());
        }
        if (state.equals("42P01") || state.equals("3F000") || state.equals("42703") || state.equals("42883")) {
            throw new SourceProblem(
                    "tables of the relay are missing or old: " + e.getMessage() + "; run: tidemark migrate");
        }
        if (state.equals("42501")) {
            throw new SourceProblem("the relay's role lacks a right: " + e.getMessage()
                    + "; apply roles.sql, by: tidemark" + " migrate --roles");
        }
    }
}
