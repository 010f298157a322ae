package dev.tidemark.outbox;

import java.sql.SQLException;

/** Says what to do about the failures that a deployment causes; by SQLSTATE, never by the text. */
final class SqlFailure {

    private SqlFailure() {}

    /** A failure with the same SQLSTATE and {@code e} as its cause; {@code e} itself where there is nothing to add. */
    static SQLException explained(SQLException e, TableName table, String what) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        String advice = switch (state) {
            case "42P01", "42883", "3F000" -> // undefined table, function, schema
                "outbox " + table + " is not there, or older than this writer; apply dev/tidemark/sql/V001__outbox.sql"
                        + " by \"tidemark migrate\" or Flyway, or put its schema into search_path";
            case "42501" -> // insufficient privilege
                "this role may not append to outbox " + table
                        + "; apply dev/tidemark/sql/roles.sql, then grant tidemark_writer to it";
            case "25006" -> // read-only transaction
                "the transaction is read-only; append in one that may write, on the primary";
            default -> "";
        };
        if (advice.isEmpty()) {
            return e;
        }
        return new SQLException(
                what + " could not be appended: " + advice + " (" + e.getMessage() + ")", state, e.getErrorCode(), e);
    }
}
