package dev.tidemark.relay.doctor;

import dev.tidemark.relay.config.SourceConfig;
import java.sql.SQLException;

/** Why the database cannot be reached, by SQLSTATE. */
final class Refusals {

    private static final String CHECK = "connection";

    private Refusals() {}

    static void explain(SQLException failure, SourceConfig source, Findings findings) {
        String state = String.valueOf(failure.getSQLState());
        String place = "database " + source.database() + " at " + source.host() + ":" + source.port();
        switch (state) {
            case "28P01" ->
                findings.problem(
                        CHECK,
                        place + " does not take " + source.user() + " with this password",
                        "alter role " + source.user() + " password '…';   -- and the same in source.password;"
                                + " a role that is not there is made by tidemark migrate --roles");
            case "28000" ->
                findings.problem(
                        CHECK,
                        place + " does not let " + source.user() + " in: " + said(failure),
                        "a line in pg_hba.conf: host " + source.database() + " " + source.user()
                                + " <address of the relay>/32 scram-sha-256; and: create role " + source.user()
                                + " login replication; if there is none");
            case "3D000" ->
                findings.problem(
                        CHECK,
                        "there is no database " + source.database() + " at " + source.host() + ":" + source.port(),
                        "the right name in source.url, or: create database " + source.database());
            case "53300" ->
                findings.problem(
                        CHECK,
                        place + " has no connection free: " + said(failure),
                        "alter system set max_connections = …;   -- then restart; or close what is not used");
            default ->
                findings.problem(
                        CHECK,
                        place + " does not answer: " + said(failure),
                        "source.url, or listen_addresses, a firewall, sslmode; is PostgreSQL running there?");
        }
    }

    static String said(SQLException failure) {
        return String.valueOf(failure.getMessage())
                .lines()
                .findFirst()
                .orElse("SQLSTATE " + failure.getSQLState())
                .replaceFirst("^(ERROR|FATAL): ", "");
    }
}
