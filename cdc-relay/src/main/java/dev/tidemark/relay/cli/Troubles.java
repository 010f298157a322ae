package dev.tidemark.relay.cli;

import dev.tidemark.relay.config.SourceConfig;
import java.sql.SQLException;

/** What to do about an error of the source database, told by its SQLSTATE. */
final class Troubles {

    private Troubles() {}

    static IllegalStateException explain(SQLException failure, SourceConfig source) {
        String state = String.valueOf(failure.getSQLState());
        String place = source.place();
        String message = switch (state) {
            case "42P01", "42703", "3F000" ->
                place + " does not have the tables that this version needs (" + said(failure)
                        + "); run as its owner: tidemark migrate";
            case "42501" ->
                said(failure) + "; grant " + source.user() + " what the relay needs, as superuser: tidemark"
                        + " migrate --roles";
            case "3D000" -> place + " does not exist; see source.url";
            case "28P01", "28000" ->
                "cannot log in to " + place + " as " + source.user() + " (" + said(failure)
                        + "); see source.user, source.password and pg_hba.conf";
            default ->
                state.startsWith("08") || state.startsWith("57P")
                        ? place + " does not answer: " + said(failure)
                        : place + ": " + said(failure);
        };
        return new IllegalStateException(message, failure);
    }

    private static String said(SQLException failure) {
        return String.valueOf(failure.getMessage())
                .lines()
                .findFirst()
                .orElse(state(failure))
                .replaceFirst("^(ERROR|FATAL): ", "");
    }

    private static String state(SQLException failure) {
        return "SQLSTATE " + failure.getSQLState();
    }
}
