package dev.tidemark.relay.backlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.testkit.PostgresServer;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The backlog in another database than the outbox. */
@Tag("long")
final class PostgresBacklogsElsewhereTest extends BacklogContract {

    private PostgresLeader leader;

    @BeforeEach
    @Override
    void openAllOfIt() throws Exception {
        leader = PostgresLeader.apart(PostgresServer.shared(), PostgresServer.shared(15));
        super.openAllOfIt();
    }

    @AfterEach
    void close() {
        leader.close();
    }

    @Override
    Backlogs backlogs() {
        return leader.backlogs();
    }

    /** Rows may be missing on another server: what is read there would tempt, what is stored there would hide them. */
    @Test
    void onAnotherServerThanThatOfTheTermNothingIsReadOrStored() throws Exception {
        Place place = leader.place();
        place.lead(3);
        Backlog here = part(place.server());
        here.store(List.of(StoredEvents.waiting("a", 1)));
        assertThat(here.open(10).waiting()).isTrue();
        Backlog another = part(place.server() + ", another");
        assertThatThrownBy(() -> another.open(10)).isInstanceOf(FencedException.class);
        assertThatThrownBy(() -> another.store(List.of(StoredEvents.waiting("a", 2))))
                .isInstanceOf(FencedException.class)
                .hasMessageContaining("started anew");
    }

    private Backlog part(String server) {
        return new PostgresBacklogs(leader.databases(), leader.slot(), 3, server).part(SUBSCRIBER, 0, 1, true);
    }

    @Override
    void letAnotherLead() throws SQLException {
        leader.letAnotherLead();
    }
}
