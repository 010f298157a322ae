package dev.tidemark.relay.doctor;

import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.migrate.MigrationException;
import dev.tidemark.relay.migrate.SchemaState;
import java.sql.SQLException;
import java.util.List;

/** Whether the database has the SQL of this version. */
record SchemaExamination(SourceConfig source) implements Examination {

    static final String CHECK = "schema";

    private static final String HISTORY = """
            select has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as readable
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = ? and c.relname = 'tidemark_schema_history'""";

    /** Of each file something that no earlier one has. */
    private static final String MISSING = """
            select needed.name from (values
                ('tidemark.outbox_retired'), ('tidemark.relay'), ('tidemark.source'),
                ('tidemark.backlog'), ('tidemark.subscriber'), ('tidemark.command'), ('tidemark.redelivery')) as needed (name)
            where not exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                              where n.nspname || '.' || c.relname = needed.name)""";

    @Override
    public String theme() {
        return CHECK;
    }

    @Override
    public void examine(Asking database, Findings findings) throws SQLException {
        List<String> missing =
                database.all(MISSING).stream().map(row -> row.text("name")).toList();
        if (!missing.isEmpty()) {
            findings.problem(
                    CHECK,
                    "not there: " + String.join(", ", missing),
                    "tidemark migrate, as the owner of the database");
            return;
        }
        String schema = source.table().substring(0, source.table().indexOf('.'));
        Asking.Row history = database.first(HISTORY, schema).orElse(null);
        if (history == null) {
            findings.ok(CHECK, "all tables are there; without a history, for the SQL was not applied by migrate");
        } else if (!history.is("readable")) {
            findings.warning(
                    CHECK,
                    source.user() + " may not read the history, so that the version is not known",
                    "grant select on " + schema + ".tidemark_schema_history to " + source.user());
        } else {
            compare(findings);
        }
    }

    private void compare(Findings findings) {
        try {
            SchemaState state = SchemaState.of(source);
            if (!state.pending().isEmpty()) {
                findings.problem(
                        CHECK,
                        "not applied yet: " + String.join(", ", state.pending()),
                        "tidemark migrate, as the owner of the database");
            } else if (!state.unknown().isEmpty()) {
                findings.warning(
                        CHECK,
                        "the database is newer than this version: " + String.join(", ", state.unknown()),
                        "a newer tidemark");
            } else {
                findings.ok(CHECK, "at V" + state.current() + ", as this version needs it");
            }
        } catch (MigrationException e) {
            findings.warning(CHECK, "the history could not be read", String.valueOf(e.getMessage()));
        }
    }
}
