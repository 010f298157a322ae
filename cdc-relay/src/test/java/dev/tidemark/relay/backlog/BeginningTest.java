package dev.tidemark.relay.backlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.testkit.PostgresServer;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BeginningTest {

    private PostgresLeader leader;
    private Beginning beginning;

    @BeforeEach
    void lead() throws SQLException {
        leader = PostgresLeader.on(PostgresServer.shared());
        beginning = beginning();
    }

    @AfterEach
    void close() {
        leader.close();
    }

    @Test
    void whatIsPutThereComesBeforeAllThatALaneStoredAndInOrder() throws Exception {
        Backlog part = leader.backlogs().part("shipping", 0, 1, true);
        part.store(List.of(StoredEvents.waiting("a", 3)));
        beginning.resume();
        beginning.put(List.of(StoredEvents.waiting("a", 1), StoredEvents.waiting("b", 1)));
        beginning.put(List.of(StoredEvents.waiting("a", 2)));
        part.store(List.of(StoredEvents.waiting("a", 4)));

        assertThat(StoredEvents.versions(part.read(Long.MIN_VALUE, List.of(), StoredEvents.ANY)))
                .containsExactly("a@1", "b@1", "a@2", "a@3", "a@4");
        assertThat(part.read(0, List.of(), StoredEvents.ANY).entries()).hasSize(2);
        assertThat(part.open(10).lastPosition()).isPositive();
    }

    @Test
    void afterACrashItGoesOnBehindWhatIsThereAndStoresNothingTwice() throws Exception {
        beginning.resume();
        Arrival first = StoredEvents.waiting("a", 1);
        beginning.put(List.of(first));

        Beginning again = beginning();
        again.resume();
        assertThat(again.there(List.of(first.id(), StoredEvents.waiting("a", 2).id())))
                .isEqualTo(Set.of(first.id()));
        again.put(List.of(first, StoredEvents.waiting("a", 2)));
        assertThat(StoredEvents.versions(leader.backlogs()
                        .part("shipping", 0, 1, true)
                        .read(Long.MIN_VALUE, List.of(), StoredEvents.ANY)))
                .containsExactly("a@1", "a@2");
    }

    @Test
    void onlyTheRelayThatLeadsWrites() throws Exception {
        beginning.resume();
        leader.letAnotherLead();

        assertThatThrownBy(() -> beginning.put(List.of(StoredEvents.waiting("a", 1))))
                .isInstanceOf(FencedException.class);
        assertThatThrownBy(() -> beginning.end()).isInstanceOf(FencedException.class);
    }

    private Beginning beginning() {
        return new Beginning(leader.databases(), leader.slot(), 3, null, "shipping", null);
    }
}
