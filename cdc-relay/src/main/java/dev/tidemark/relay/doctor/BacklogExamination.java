package dev.tidemark.relay.doctor;

import dev.tidemark.relay.config.SourceConfig;
import java.sql.SQLException;
import java.util.List;

/** Whether another database than that of the outbox can keep the backlog. Asked of that database. */
record BacklogExamination(SourceConfig place, String pair) implements Examination {

    private static final String CHECK = "backlog database";

    private static final String BELONGS =
            "select coalesce(backlog::text, '') as pair from tidemark.relay where slot = ?";

    private static final String LACKING = """
            select needed.name, p.privilege
            from (values
                ('tidemark.relay', 'select, update'),
                ('tidemark.backlog', 'select, insert, update, delete'),
                ('tidemark.subscriber', 'select, insert, update'),
                ('tidemark.command',
                    'select, insert, update(state), update(events), update(answer), update(done_at)'),
                ('tidemark.redelivery',
                    'select, update(state), update(total), update(seen), update(stored), update(answer), update(done_at)')
                ) as needed (name, privileges)
            join pg_namespace n on n.nspname = split_part(needed.name, '.', 1)
            join pg_class c on c.relnamespace = n.oid and c.relname = split_part(needed.name, '.', 2),
            unnest(string_to_array(needed.privileges, ', ')) with ordinality as p (privilege, nr)
            where not case when p.privilege like '%(%'
                then has_column_privilege(
                    c.oid, split_part(rtrim(p.privilege, ')'), '(', 2), split_part(p.privilege, '(', 1))
                else has_table_privilege(c.oid, p.privilege) end
            order by needed.name, p.nr""";

    @Override
    public String theme() {
        return CHECK;
    }

    @Override
    public void examine(Asking database, Findings findings) throws SQLException {
        List<Asking.Row> lacking = database.all(LACKING);
        for (Asking.Row row : lacking) {
            String what = row.text("privilege") + " on " + row.text("name");
            findings.problem(CHECK, place.user() + " lacks " + what, "grant " + what + " to " + place.user());
        }
        if (!lacking.isEmpty()) {
            return;
        }
        String there = database.first(BELONGS, place.slot())
                .map(row -> row.text("pair"))
                .orElse("");
        if (pair.isEmpty()) {
            findings.problem(
                    CHECK,
                    "the backlog of slot " + place.slot() + " is not in " + place.place() + " yet",
                    "stop all relays of the slot, and: tidemark migrate --backlog --config relay.yaml");
        } else if (!pair.equals(there)) {
            findings.problem(
                    CHECK,
                    place.place() + " is not the one that has the backlog of slot " + place.slot(),
                    "name that one under backlog.url");
        } else {
            findings.ok(
                    CHECK, place.place() + " has the backlog, and " + place.user() + " may what a relay does there");
        }
    }
}
