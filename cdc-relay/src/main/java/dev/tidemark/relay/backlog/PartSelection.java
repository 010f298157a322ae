package dev.tidemark.relay.backlog;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The events {@code b} of a part that a command selects, whatever their state. */
record PartSelection(Part part, Command command) {

    /** With and without the source; the tenant stands in between, if there is one. */
    private static final String AGGREGATE = """
             and b.aggregatetype <> '' and b.aggregateid = any (?::text[]) and ? in (
                b.aggregatetype || '/' || b.aggregateid,
                b.source || '/' || case b.tenantid when '' then '' else b.tenantid || '/' end
                    || b.aggregatetype || '/' || b.aggregateid)
            """;

    /** What came later is not meant, also if the command is carried out late. */
    private static final String ASKED =
            " and b.stored_at <= coalesce((select c.requested_at from tidemark.command c where c.id = ?), 'infinity')";

    /** For a where clause. */
    String sql() {
        return Part.OWNS
                + ASKED
                + (command.ids().isEmpty() ? "" : " and b.id = any (?::uuid[])")
                + (command.aggregate() == null ? "" : AGGREGATE)
                + (command.reason() == null ? "" : " and strpos(b.reason, ?) > 0")
                + (command.redelivery() == null ? "" : " and b.redelivery = ?");
    }

    /** Whether it names events or an aggregate. */
    boolean isNarrow() {
        return !command.ids().isEmpty() || command.aggregate() != null;
    }

    /** Sets the parameters of {@link #sql}. */
    Parameters bind(Parameters parameters) throws SQLException {
        part.bind(parameters).number(command.id());
        if (!command.ids().isEmpty()) {
            parameters.array("uuid", command.ids().toArray(UUID[]::new));
        }
        if (command.aggregate() != null) {
            parameters.array("text", ids(command.aggregate())).text(command.aggregate());
        }
        if (command.reason() != null) {
            parameters.text(command.reason());
        }
        if (command.redelivery() != null) {
            parameters.number(command.redelivery());
        }
        return parameters;
    }

    /** What may be the id in such a name, for the index: what follows one of its slashes. */
    private static Object[] ids(String aggregate) {
        List<String> ids = new ArrayList<>();
        for (int slash = aggregate.indexOf('/'); slash >= 0; slash = aggregate.indexOf('/', slash + 1)) {
            ids.add(aggregate.substring(slash + 1));
        }
        return ids.toArray();
    }
}
