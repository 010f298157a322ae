package dev.tidemark.relay.doctor;

import dev.tidemark.relay.config.SourceConfig;
import java.sql.SQLException;
import java.util.List;
import java.util.StringJoiner;

/**
 * Whether the role may do more than a relay has to.
 *
 * @param readsStates whether it has to read tables of the service
 */
record PrivilegesExamination(SourceConfig source, boolean readsStates) implements Examination {

    private static final String CHECK = "least privilege";
    private static final int MOST_NAMED = 5;

    private static final String ROLE = """
            select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
                   coalesce((select pg_has_role(c.relowner, 'usage') from pg_class c
                             join pg_namespace n on n.oid = c.relnamespace
                             where n.nspname || '.' || c.relname = ?), false) as owner
            from pg_roles where rolname = current_user""";

    private static final String ANY = "select, insert, update, delete, truncate";
    private static final String WRITING = "insert, update, delete, truncate";

    /**
     * Ours are those in the schema tidemark, the outbox with its partitions, and the history beside it; to be read, the
     * versions beside it, too.
     */
    private static final String OTHERS = """
            select n.nspname || '.' || c.relname as name, count(*) over () as total
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p', 'f') and n.nspname not in ('pg_catalog', 'information_schema', 'tidemark')
              and n.nspname not like 'pg\\_%' and not c.relispartition
              and n.nspname || '.' || c.relname not in (?, split_part(?, '.', 1) || '.tidemark_schema_history')
              and has_schema_privilege(n.oid, 'usage')
              and has_table_privilege(c.oid, case n.nspname || '.' || c.relname
                  when split_part(?, '.', 1) || '.outbox_version' then ? else ? end)
            order by 1 limit 5""";

    @Override
    public String theme() {
        return CHECK;
    }

    @Override
    public void examine(Asking database, Findings findings) throws SQLException {
        Asking.Row role = database.one(ROLE, source.table());
        String user = source.user();
        StringJoiner attributes = new StringJoiner(", ");
        StringJoiner mend = new StringJoiner(" ", "alter role " + user + " ", "");
        for (String attribute : List.of("super", "bypassrls", "createrole", "createdb")) {
            if (role.is("rol" + attribute)) {
                String name = attribute.equals("super") ? "superuser" : attribute;
                attributes.add(name);
                mend.add("no" + name);
            }
        }
        if (attributes.length() > 0) {
            findings.warning(
                    CHECK,
                    user + " is " + attributes + ", which a relay does not need",
                    mend + ";   -- or, better, the role that tidemark migrate --roles makes");
        }
        boolean more = attributes.length() > 0;
        if (role.is("owner") && !role.is("rolsuper")) {
            more = true;
            findings.warning(
                    CHECK,
                    user + " owns " + source.table() + ", so it could change and delete events",
                    "alter table " + source.table() + " owner to <owner of the service's tables>");
        }
        if (!role.is("rolsuper")) {
            more |= others(database, findings);
        }
        if (!more) {
            findings.ok(CHECK, user + " may do no more than a relay needs");
        }
    }

    private boolean others(Asking database, Findings findings) throws SQLException {
        List<Asking.Row> others = database.all(
                OTHERS, source.table(), source.table(), source.table(), WRITING, readsStates ? WRITING : ANY);
        if (others.isEmpty()) {
            return false;
        }
        StringJoiner names = new StringJoiner(", ");
        others.forEach(row -> names.add(row.text("name")));
        long total = others.get(0).number("total");
        findings.warning(
                CHECK,
                source.user()
                        + (readsStates ? " may write other tables: " : " may read or write other tables: ")
                        + names
                        + (total > MOST_NAMED ? " and " + (total - MOST_NAMED) + " more" : ""),
                "revoke all on " + names + " from " + source.user() + ", public;   -- see also the roles it is in");
        return true;
    }
}
