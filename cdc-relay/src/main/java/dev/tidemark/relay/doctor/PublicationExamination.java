package dev.tidemark.relay.doctor;

import dev.tidemark.relay.config.SourceConfig;
import java.sql.SQLException;
import java.util.Optional;

/** What the publication publishes: every insert into the outbox, whole, and nothing else. */
record PublicationExamination(SourceConfig source) implements Examination {

    static final String CHECK = "publication";

    private static final String PUBLICATION = """
            select p.pubinsert, p.pubupdate or p.pubdelete or p.pubtruncate as more, p.pubviaroot,
                   t.tablename is not null as has_table, t.rowfilter,
                   coalesce(cardinality(t.attnames) < (
                       select count(*) from pg_attribute a
                       join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
                       where n.nspname = t.schemaname and c.relname = t.tablename and a.attnum > 0
                         and not a.attisdropped and a.attgenerated = ''), false) as columns_missing,
                   (select count(*) from pg_publication_tables o
                    where o.pubname = p.pubname and o.schemaname || '.' || o.tablename <> ?) as others
            from pg_publication p
            left join pg_publication_tables t on t.pubname = p.pubname and t.schemaname || '.' || t.tablename = ?
            where p.pubname = ?""";

    private static final String SLOT = "select from pg_replication_slots where slot_name = ?";

    @Override
    public String theme() {
        return CHECK;
    }

    @Override
    public void examine(Asking database, Findings findings) throws SQLException {
        Optional<Asking.Row> found = database.first(PUBLICATION, source.table(), source.table(), source.publication());
        if (found.isEmpty()) {
            missing(!database.all(SLOT, source.slot()).isEmpty(), findings);
        } else {
            look(found.get(), findings);
        }
    }

    private void missing(boolean slotIsThere, Findings findings) {
        String missing = "publication " + source.publication() + " does not exist";
        if (slotIsThere) {
            findings.problem(
                    CHECK,
                    missing + ", so what was inserted since it was dropped is not in slot " + source.slot(),
                    "stop the relay; select pg_drop_replication_slot('" + source.slot() + "'); then as owner of the"
                            + " outbox: tidemark doctor --fix, which makes both and sends what the outbox still has");
        } else {
            findings.problem(CHECK, missing, create());
        }
    }

    private String create() {
        return "create publication " + source.publication() + " for table " + source.table()
                + " with (publish = 'insert', publish_via_partition_root = true)";
    }

    private void look(Asking.Row publication, Findings findings) {
        String name = "publication " + source.publication();
        String setTable = "alter publication " + source.publication() + " set table " + source.table();
        String setOptions = "alter publication " + source.publication()
                + " set (publish = 'insert', publish_via_partition_root = true)";
        if (!publication.is("has_table")) {
            String mend = publication.is("pubviaroot") ? setTable : setTable + "; " + setOptions;
            findings.problem(CHECK, name + " does not have table " + source.table() + " by its own name", mend);
        } else if (!publication.is("pubinsert") || !publication.is("pubviaroot")) {
            findings.problem(CHECK, name + " must publish inserts via the root of the partitions", setOptions);
        } else if (!publication.text("rowfilter").isEmpty() || publication.is("columns_missing")) {
            findings.problem(CHECK, name + " leaves out rows or columns of " + source.table(), setTable);
        } else if (publication.number("others") > 0) {
            findings.warning(
                    CHECK,
                    name + " has " + publication.text("others") + " other tables, decoded for nothing",
                    setTable);
        } else if (publication.is("more")) {
            findings.warning(CHECK, name + " publishes more than inserts, decoded for nothing", setOptions);
        } else {
            findings.ok(CHECK, source.publication() + ": inserts into " + source.table() + ", via its root");
        }
    }
}
