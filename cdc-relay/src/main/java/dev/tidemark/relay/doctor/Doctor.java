package dev.tidemark.relay.doctor;

import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.ops.Connector;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Examines everything that a relay with this configuration needs, as the role that it has. Changes nothing, sends no
 * event, and needs no relay that runs.
 */
public final class Doctor {

    private static final String PAIR = "select coalesce(backlog::text, '') as pair from tidemark.relay where slot = ?";

    private final RelayConfig config;
    private final InstantSource clock;

    public Doctor(RelayConfig config) {
        this(config, InstantSource.system());
    }

    Doctor(RelayConfig config, InstantSource clock) {
        this.config = config;
        this.clock = clock;
    }

    /** All findings, in the order in which they are best mended. */
    public List<Finding> examine() {
        Findings findings = new Findings();
        SourceConfig source = config.source();
        try (Connection connection = Connector.to(source).connect()) {
            findings.ok(
                    "connection",
                    source.user() + " is logged in to database " + source.database() + " at " + source.host() + ":"
                            + source.port());
            Asking database = new Asking(connection);
            for (Examination examination : ofTheDatabase()) {
                examine(examination, database, findings);
            }
            if (config.backlog().elsewhere().isPresent()) {
                backlog(pair(database), findings);
            }
        } catch (SQLException e) {
            Refusals.explain(e, source, findings);
        }
        new SinkExamination(config.subscribers()).examine(findings);
        new MemoryExamination(config.memory(), source.feed()).examine(findings);
        return findings.all();
    }

    private void backlog(String pair, Findings findings) {
        SourceConfig place = config.backlogDatabase();
        try (Connection connection = Connector.to(place).connect()) {
            Asking database = new Asking(connection);
            examine(new SchemaExamination(place), database, findings);
            examine(new BacklogExamination(place, pair), database, findings);
            examine(new SubscribersExamination(config), database, findings);
        } catch (SQLException e) {
            Refusals.explain(e, place, findings);
        }
    }

    /** By what the two databases know each other; empty if they do not, or the SQL is too old for it. */
    private String pair(Asking database) {
        try {
            return database.first(PAIR, config.source().slot())
                    .map(row -> row.text("pair"))
                    .orElse("");
        } catch (SQLException e) {
            return "";
        }
    }

    private List<Examination> ofTheDatabase() {
        SourceConfig source = config.source();
        List<Examination> examinations = new ArrayList<>(List.of(
                new ServerExamination(clock),
                new CapacityExamination(source),
                new OutboxExamination(source),
                new PublicationExamination(source),
                new SchemaExamination(source),
                new RightsExamination(source),
                new PrivilegesExamination(source, !config.states().isEmpty()),
                new SlotExamination(source),
                new RetentionExamination(source),
                new StatesExamination(source, config.states())));
        if (config.backlog().elsewhere().isEmpty()) {
            examinations.add(new SubscribersExamination(config));
        }
        return examinations;
    }

    /** One that is not let in must not keep the others from looking. */
    private static void examine(Examination examination, Asking database, Findings findings) {
        try {
            examination.examine(database, findings);
        } catch (SQLException e) {
            findings.problem(
                    examination.theme(),
                    "could not be looked at: " + Refusals.said(e),
                    "see the other findings; mend those, and run this again");
        }
    }
}
