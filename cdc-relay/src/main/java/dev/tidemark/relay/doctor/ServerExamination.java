package dev.tidemark.relay.doctor;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Version, kind and settings of the server, and its clock. */
record ServerExamination(InstantSource clock) implements Examination {

    private static final int LEAST_MAJOR = 15;
    private static final int MOST_MAJOR = 18;
    private static final Duration MOST_APART = Duration.ofSeconds(5);
    private static final long LEAST_SENDER_TIMEOUT_MILLIS = 5_000;
    private static final long LEAST_STATEMENT_TIMEOUT_MILLIS = 30_000;

    private static final String SETTINGS = """
            select pg_is_in_recovery() as standby, current_setting('server_version') as version,
                   current_setting('wal_level') as wal_level,
                   (select pending_restart from pg_settings where name = 'wal_level') as pending,
                   (select setting from pg_settings where name = 'wal_sender_timeout') as sender_millis,
                   (select setting from pg_settings where name = 'statement_timeout') as statement_millis""";

    @Override
    public String theme() {
        return "server";
    }

    @Override
    public void examine(Asking database, Findings findings) throws SQLException {
        Asking.Row server = database.one(SETTINGS);
        version(database.majorVersion(), server, findings);
        walLevel(server, findings);
        timeouts(server, findings);
        clock(database, findings);
    }

    private static void version(int major, Asking.Row server, Findings findings) {
        String version = "PostgreSQL " + server.text("version");
        if (major < LEAST_MAJOR) {
            findings.problem("server", version + " is too old", "PostgreSQL 15 to 18");
        } else if (server.is("standby")) {
            findings.problem(
                    "server", version + " is a standby, which cannot be written to", "name the primary in source.url");
        } else if (major > MOST_MAJOR) {
            findings.warning("server", version + " is newer than what was tested", "PostgreSQL 15 to 18");
        } else {
            findings.ok("server", version);
        }
    }

    private static void walLevel(Asking.Row server, Findings findings) {
        if (server.text("wal_level").equals("logical")) {
            findings.ok("wal_level", "logical");
        } else if (server.is("pending")) {
            findings.problem(
                    "wal_level",
                    "is " + server.text("wal_level") + "; it was changed, but not yet applied",
                    "restart PostgreSQL");
        } else {
            findings.problem(
                    "wal_level",
                    "must be logical, but is " + server.text("wal_level"),
                    "alter system set wal_level = 'logical';   -- then restart PostgreSQL");
        }
    }

    private static void timeouts(Asking.Row server, Findings findings) {
        long sender = server.number("sender_millis");
        String mend = "alter system set wal_sender_timeout = '60s'; select pg_reload_conf();";
        if (sender == 0) {
            findings.warning("wal_sender_timeout", "is off: a relay that vanished keeps the slot busy for long", mend);
        } else if (sender < LEAST_SENDER_TIMEOUT_MILLIS) {
            findings.warning(
                    "wal_sender_timeout", "is " + sender + " ms: a short pause of the relay breaks its stream", mend);
        } else {
            findings.ok("wal_sender_timeout", sender / 1000 + " s");
        }
        long statement = server.number("statement_millis");
        if (statement > 0 && statement < LEAST_STATEMENT_TIMEOUT_MILLIS) {
            findings.warning(
                    "statement_timeout",
                    "is " + statement + " ms for this role: upkeep and the backlog may need longer",
                    "alter role current_user set statement_timeout = 0;   -- as the relay's role");
        }
    }

    private void clock(Asking database, Findings findings) throws SQLException {
        Instant before = clock.instant();
        long there = database.one("select (extract(epoch from clock_timestamp()) * 1000)::bigint as millis")
                .number("millis");
        Instant after = clock.instant();
        Instant middle = before.plus(Duration.between(before, after).dividedBy(2));
        Duration apart = Duration.between(middle, Instant.ofEpochMilli(there));
        if (apart.abs().compareTo(MOST_APART) > 0) {
            findings.warning(
                    "clock",
                    "the database's clock is " + apart.abs().toSeconds() + " s "
                            + (apart.isNegative() ? "behind" : "before") + " the one here: lags are measured wrong",
                    "NTP on both machines");
        } else {
            findings.ok("clock", "differs from the database's by less than " + MOST_APART.toSeconds() + " s");
        }
    }
}
