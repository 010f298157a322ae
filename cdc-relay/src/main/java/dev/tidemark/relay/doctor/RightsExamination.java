package dev.tidemark.relay.doctor;

import dev.tidemark.relay.config.SourceConfig;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Whether the role may do all that a relay does. */
record RightsExamination(SourceConfig source) implements Examination {

    private static final String CHECK = "rights";
    private static final int LEAST_CONNECTIONS = 8;

    private static final String ROLE = """
            select rolreplication or rolsuper as replication, rolconnlimit as connections
            from pg_roles where rolname = current_user""";

    private static final String SCHEMAS = """
            select nspname from pg_namespace
            where nspname in ('tidemark', ?) and not has_schema_privilege(oid, 'usage')""";

    /** By the catalog: a name in a schema that may not be used would be an error. */
    private static final String TABLES = """
            select needed.name, string_agg(p.privilege, ', ' order by p.nr) as missing
            from (values
                (?, 'select'),
                ('tidemark.relay', 'select, insert, update, delete'),
                ('tidemark.source', 'select, insert, update, delete'),
                ('tidemark.backlog', 'select, insert, update, delete'),
                ('tidemark.subscriber', 'select, insert, update'),
                ('tidemark.command',
                    'select, insert, update(state), update(events), update(answer), update(done_at)'),
                ('tidemark.redelivery',
                    'select, update(state), update(total), update(seen), update(stored), update(answer), update(done_at)'),
                ('tidemark.outbox_retired', 'select'),
                ('tidemark.outbox_mark', 'select')) as needed (name, privileges)
            join pg_namespace n on n.nspname = split_part(needed.name, '.', 1)
            join pg_class c on c.relnamespace = n.oid and c.relname = split_part(needed.name, '.', 2),
            unnest(string_to_array(needed.privileges, ', ')) with ordinality as p (privilege, nr)
            where not case when p.privilege like '%(%'
                then has_column_privilege(
                    c.oid, split_part(rtrim(p.privilege, ')'), '(', 2), split_part(p.privilege, '(', 1))
                else has_table_privilege(c.oid, p.privilege) end
            group by needed.name order by needed.name""";

    private static final String FUNCTIONS = """
            select 'tidemark.' || proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as name
            from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where n.nspname = 'tidemark' and proname in ('maintain_outbox', 'heartbeat', 'nudge')
              and not has_function_privilege(p.oid, 'execute')""";

    @Override
    public String theme() {
        return CHECK;
    }

    @Override
    public void examine(Asking database, Findings findings) throws SQLException {
        String user = source.user();
        List<String> lacking = new ArrayList<>();
        List<String> mends = new ArrayList<>();
        Asking.Row role = database.one(ROLE);
        if (!role.is("replication")) {
            lacking.add("REPLICATION");
            mends.add("alter role " + user + " replication");
        }
        String schema = source.table().substring(0, source.table().indexOf('.'));
        for (Asking.Row row : database.all(SCHEMAS, schema)) {
            lacking.add("usage on schema " + row.text("nspname"));
            mends.add("grant usage on schema " + row.text("nspname") + " to " + user);
        }
        for (Asking.Row row : database.all(TABLES, source.table())) {
            lacking.add(row.text("missing") + " on " + row.text("name"));
            mends.add("grant " + row.text("missing") + " on " + row.text("name") + " to " + user);
        }
        for (Asking.Row row : database.all(FUNCTIONS)) {
            lacking.add("execute on " + row.text("name"));
            mends.add("grant execute on function " + row.text("name") + " to " + user);
        }
        if (lacking.isEmpty()) {
            findings.ok(CHECK, user + " may do all that a relay does");
        } else {
            findings.problem(CHECK, user + " lacks " + String.join("; ", lacking), String.join("; ", mends));
        }
        connections(role, findings);
    }

    private void connections(Asking.Row role, Findings findings) {
        long limit = role.number("connections");
        if (limit >= 0 && limit < LEAST_CONNECTIONS) {
            findings.warning(
                    CHECK,
                    source.user() + " may have only " + limit + " connections",
                    "alter role " + source.user() + " connection limit -1");
        }
    }
}
