package dev.tidemark.relay.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.config.StateConfig;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(PostgresExtension.class)
class StatesExaminationTest {

    private static final String QUERY = "select id as aggregateid, name::json as payload from account";

    @Test
    void whatKeepsAQueryFromBeingRunIsSaidWithWhatMendsIt(Database database) throws Exception {
        database.run("create table account (id int primary key, name text)");
        database.run("create table outbox_version (aggregateid text, version bigint)");
        database.run("create role looker_" + database.name());
        String role = "looker_" + database.name();

        assertThat(examine(database, role, QUERY))
                .anySatisfy(finding -> assertThat(finding.toString())
                        .contains("cannot read public.outbox_version", "grant select on public.outbox_version to "))
                .anySatisfy(finding -> assertThat(finding.toString())
                        .contains("permission denied for table account", "grant select on the tables of its query"));
        database.run("grant select on account, outbox_version to " + role);
        assertThat(examine(database, role, QUERY))
                .singleElement()
                .satisfies(finding -> assertThat(finding.toString()).contains("OK", "of account can be read"));
        assertThat(examine(database, role, "select id from account"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.toString())
                        .contains(
                                "PROBLEM", "must give the columns aggregateid and payload", "its query under states"));
        assertThat(examine(database, role, "select nonsense"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.toString()).contains("column \"nonsense\" does not exist"));
        database.run("drop owned by " + role + "; drop role " + role);
    }

    private static List<Finding> examine(Database database, String role, String query) throws SQLException {
        SourceConfig source = SourceConfig.builder()
                .url(database.url())
                .user(role)
                .password(Secret.of("x"))
                .build();
        Findings findings = new Findings();
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("set role " + role);
            new StatesExamination(source, List.of(new StateConfig("account", "bank", "account-state", 1, query)))
                    .examine(new Asking(connection), findings);
        }
        return findings.all();
    }
}
