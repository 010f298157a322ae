package dev.tidemark.relay.doctor;

import dev.tidemark.relay.config.SourceConfig;
import java.sql.SQLException;
import java.util.List;

/** Whether the outbox is there, and all of it is written to the log. */
record OutboxExamination(SourceConfig source) implements Examination {

    private static final String OUTBOX = """
            select c.relkind
            from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname || '.' || c.relname = ?""";

    private static final String NOT_LOGGED = """
            select leaf.relname, leaf.relpersistence
            from pg_class c join pg_namespace n on n.oid = c.relnamespace,
                 lateral pg_partition_tree(c.oid) as part
                 join pg_class leaf on leaf.oid = part.relid
            where n.nspname || '.' || c.relname = ? and leaf.relpersistence <> 'p'
            union all
            select c.relname, c.relpersistence from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname || '.' || c.relname = ? and c.relkind = 'r' and c.relpersistence <> 'p'""";

    @Override
    public String theme() {
        return "outbox";
    }

    @Override
    public void examine(Asking database, Findings findings) throws SQLException {
        String table = source.table();
        Asking.Row outbox = database.first(OUTBOX, table).orElse(null);
        if (outbox == null) {
            findings.problem("outbox", "table " + table + " does not exist", "tidemark migrate; or see source.table");
            return;
        }
        if (!List.of("p", "r").contains(outbox.text("relkind"))) {
            findings.problem("outbox", table + " is not a table", "the right name in source.table");
            return;
        }
        List<Asking.Row> notLogged = database.all(NOT_LOGGED, table, table);
        for (Asking.Row one : notLogged) {
            findings.problem(
                    "outbox",
                    one.text("relname") + " is " + (one.text("relpersistence").equals("u") ? "unlogged" : "temporary")
                            + ": its events are never in the write-ahead log",
                    "alter table " + schema() + "." + one.text("relname") + " set logged");
        }
        if (notLogged.isEmpty()) {
            findings.ok("outbox", table + (outbox.text("relkind").equals("p") ? ", partitioned" : ", not partitioned"));
        }
    }

    private String schema() {
        return source.table().substring(0, source.table().indexOf('.'));
    }
}
