package dev.tidemark.relay.doctor;

import dev.tidemark.relay.capture.CurrentStates;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.config.StateConfig;
import java.sql.SQLException;
import java.util.List;

/** Whether the queries for states can be run, by the role that runs them. */
record StatesExamination(SourceConfig source, List<StateConfig> states) implements Examination {

    private static final String CHECK = "states";
    private static final String MAY = """
            select has_table_privilege(c.oid, 'select') as may
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname || '.' || c.relname = ?""";

    @Override
    public String theme() {
        return CHECK;
    }

    @Override
    public void examine(Asking database, Findings findings) throws SQLException {
        if (states.isEmpty()) {
            return;
        }
        String versions = source.table().substring(0, source.table().lastIndexOf('.') + 1) + "outbox_version";
        if (database.first(MAY, versions).filter(row -> row.is("may")).isEmpty()) {
            findings.problem(
                    CHECK,
                    source.user() + " cannot read " + versions + ", which has the versions of states",
                    "grant select on " + versions + " to " + source.user() + ";");
        }
        states.forEach(one -> examine(one, database, findings));
    }

    private void examine(StateConfig one, Asking database, Findings findings) {
        String what = "of " + one.aggregateType();
        try {
            CurrentStates.columns(database.connection(), one.query());
            findings.ok(CHECK, what + " can be read");
        } catch (IllegalArgumentException e) {
            findings.problem(CHECK, what + ": " + e.getMessage(), "its query under states");
        } catch (SQLException e) {
            findings.problem(
                    CHECK,
                    what + " cannot be read: " + Refusals.said(e),
                    "42501".equals(e.getSQLState())
                            ? "grant select on the tables of its query to " + source.user() + ";"
                            : "its query under states");
        }
    }
}
