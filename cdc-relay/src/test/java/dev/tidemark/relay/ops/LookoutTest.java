package dev.tidemark.relay.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.relay.capture.Lsn;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is written down before a run, into a real table. */
@ExtendWith(PostgresExtension.class)
class LookoutTest {

    private Database database;
    private SourceConfig source;

    @BeforeEach
    void register(Database fresh) throws Exception {
        database = fresh;
        database.runResource("dev/tidemark/sql/V002__relay.sql");
        database.runResource("dev/tidemark/sql/V005__guard.sql");
        database.run("insert into tidemark.relay (slot, publication, outbox, system_identifier, timeline, epoch,"
                + " acknowledged_lsn) values ('orders', 'tidemark_outbox', 'public.outbox', '7', 1, 1, '0/64')");
        source = SourceConfig.builder()
                .url(database.url())
                .user(database.user())
                .password(Secret.of(database.password()))
                .slot("orders")
                .build();
    }

    @Test
    void aSlotThatCameAlongRaisesTheBoundTogetherWithTheTimeline() throws Exception {
        Look promoted = JudgementTest.look(1, 2, 0x64L, JudgementTest.slot(0x78, true), 0x90);
        assertThat(registered(promoted, 1)).isTrue();
        assertThat(onRecord()).isEqualTo("2 0/78");
    }

    @Test
    void aBoundThatWasRaisedMeanwhileIsNotLowered() throws Exception {
        Look before = JudgementTest.look(1, 1, 0x50L, JudgementTest.slot(0x50, false), 0x90);
        assertThat(registered(before, 1)).isTrue();
        assertThat(onRecord()).isEqualTo("1 0/64");
    }

    @Test
    void whoLeadsNoMoreWritesNothingDown() throws Exception {
        Look promoted = JudgementTest.look(1, 2, 0x64L, JudgementTest.slot(0x78, true), 0x90);
        assertThat(registered(promoted, 0)).isFalse();
        assertThat(onRecord()).isEqualTo("1 0/64");
    }

    private boolean registered(Look look, long epoch) throws SQLException {
        try (Connection connection = database.connect()) {
            return new Lookout(source).register(connection, new Judgement(source, look, Judgement.Memory.NONE), epoch);
        }
    }

    private String onRecord() throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select timeline, acknowledged_lsn from tidemark.relay")) {
            row.next();
            return row.getInt(1) + " " + Lsn.parse(row.getString(2));
        }
    }
}
