package dev.tidemark.relay.doctor;

import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.SubscriberConfig;
import java.sql.SQLException;
import java.util.Set;
import java.util.stream.Collectors;

/** Whether the subscribers that are registered are those of the configuration, and none has dead events. */
record SubscribersExamination(RelayConfig config) implements Examination {

    private static final String CHECK = "subscribers";

    private static final String ROLL =
            "select name, since::text, loading from tidemark.subscriber where slot = ? and state = 'active' order by name";

    private static final String DEAD = """
            select subscriber, count(*) as events
            from (select subscriber from tidemark.backlog where state = 'dead' limit 100000) as dead
            group by 1 order by 1""";

    @Override
    public String theme() {
        return CHECK;
    }

    @Override
    public void examine(Asking database, Findings findings) throws SQLException {
        Set<String> configured =
                config.subscribers().stream().map(SubscriberConfig::name).collect(Collectors.toSet());
        boolean complete = true;
        for (Asking.Row row : database.all(ROLL, config.source().slot())) {
            if (!configured.contains(row.text("name"))) {
                complete = false;
                findings.problem(
                        CHECK,
                        row.text("name") + ", registered since " + row.text("since")
                                + ", is not in the configuration: the relay does not start without it",
                        "put it back under subscribers; or give it up: tidemark retire --config relay.yaml --subscriber "
                                + row.text("name"));
            } else if (row.is("loading")) {
                findings.ok(
                        CHECK,
                        row.text("name")
                                + " is loading: what it begins with is being stored, and nothing is delivered to it"
                                + " until that is done");
            }
        }
        if (complete) {
            findings.ok(CHECK, "none that is registered is missing from the configuration");
        }
        for (Asking.Row row : database.all(DEAD)) {
            String name = row.text("subscriber");
            findings.warning(
                    "backlog " + name,
                    row.text("events") + " dead; what follows of their aggregates may wait behind them",
                    "tidemark backlog list --config relay.yaml --state dead --subscriber " + name
                            + "; then retry, skip or drop");
        }
    }
}
