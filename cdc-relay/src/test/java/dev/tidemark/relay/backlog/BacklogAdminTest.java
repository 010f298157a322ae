package dev.tidemark.relay.backlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.relay.Events;
import dev.tidemark.relay.Patience;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(PostgresExtension.class)
class BacklogAdminTest {

    private static final Set<State> UNSETTLED = Set.of(State.WAITING, State.DEAD);

    private BacklogRows rows = new BacklogRows(new Database("", "", "", ""));
    private BacklogAdmin backlog = new BacklogAdmin(() -> rows.database().connect(), BacklogRows.SLOT);

    @BeforeEach
    void prepare(Database database) throws SQLException {
        rows = BacklogRows.in(database);
        database.run("alter role tidemark_relay password 'relay'");
        Database asRelay = database.as("tidemark_relay", "relay");
        backlog = new BacklogAdmin(asRelay::connect, BacklogRows.SLOT);
    }

    @Test
    void theStatusCountsWhatIsNotSettled() throws SQLException {
        rows.register("billing", "retired");
        rows.register("shipping", "active");
        rows.register("late", "active");
        rows.database().run("update tidemark.subscriber set loading = true where name = 'late'");
        rows.waiting("shipping", "1", 2);
        rows.waiting("shipping", "1", 3);
        rows.dead("shipping", "1", 1, "answered 400");
        rows.put("shipping", Events.event("9", 1), "settled", "parked", null);
        rows.undecodable("mail", "what?");

        Map<String, Standing> status = new TreeMap<>();
        backlog.status().forEach(standing -> status.put(standing.subscriber(), standing));

        assertThat(status).containsOnlyKeys("billing", "late", "mail", "shipping");
        assertThat(status.get("late")).isEqualTo(new Standing("late", "loading", 0, 0, 0, null, Map.of()));
        assertThat(status.get("billing")).isEqualTo(new Standing("billing", "retired", 0, 0, 0, null, Map.of()));
        assertThat(status.get("mail")).isEqualTo(new Standing("mail", null, 0, 1, 5, null, Map.of("undecodable", 1L)));
        Standing shipping = backlog.status("shipping").orElseThrow();
        assertThat(shipping.registered()).isEqualTo("active");
        assertThat(shipping.waiting()).isEqualTo(2);
        assertThat(shipping.dead()).isEqualTo(1);
        assertThat(shipping.causes()).isEqualTo(Map.of("spilled", 2L, "rejected", 1L));
        assertThat(shipping.oldestWaiting()).isBetween(Duration.ofSeconds(90), Duration.ofMinutes(10));
        Standing before = Objects.requireNonNull(status.get("shipping"));
        assertThat(before)
                .usingRecursiveComparison()
                .ignoringFields("oldestWaiting") // a second may have passed since
                .isEqualTo(shipping);
        assertThat(before.oldestWaiting()).isBetween(Duration.ofSeconds(90), shipping.oldestWaiting());
        assertThat(backlog.status("shippin")).isEmpty();
        assertThat(backlog.names()).containsExactlyInAnyOrder("billing", "late", "mail", "shipping");
    }

    @Test
    void pagesFollowOneAnotherInTheOrderOfTheQueue() throws SQLException {
        UUID first = rows.waiting("shipping", "1", 1);
        UUID second = rows.dead("shipping", "2", 1, "answered 400: no such street");
        UUID third = rows.waiting("shipping", "3", 1);
        rows.waiting("mail", "1", 1);
        rows.put("shipping", Events.event("9", 1), "settled", "parked", null);

        List<Stored> page = backlog.list("shipping", UNSETTLED, Selection.all(), 0, 2);
        assertThat(page).extracting(Stored::id).containsExactly(first, second);
        assertThat(backlog.list(
                        "shipping", UNSETTLED, Selection.all(), page.get(1).position(), 2))
                .extracting(Stored::id)
                .containsExactly(third);
        assertThat(list(Set.of(State.DEAD), Selection.all())).containsExactly(second);
        assertThat(list(Set.of(State.SETTLED), Selection.all()))
                .containsExactly(Events.event("9", 1).id());
        assertThat(list(UNSETTLED, new Selection(Set.of(), "order/3", null))).containsExactly(third);
        assertThat(list(UNSETTLED, new Selection(Set.of(), null, "no such street")))
                .containsExactly(second);
        assertThat(list(UNSETTLED, new Selection(Set.of(), null, "%street%"))).isEmpty();
        assertThat(list(UNSETTLED, new Selection(Set.of(), "order/3", "street")))
                .isEmpty();
        assertThat(list(UNSETTLED, Selection.of(Set.of(first, third)))).containsExactly(first, third);
        assertThat(backlog.count("shipping", UNSETTLED, Selection.all())).isEqualTo(3);
        assertThat(backlog.count("shipping", Set.of(State.DEAD), Selection.all()))
                .isEqualTo(1);
    }

    @Test
    void anEventIsShownWithWhatWaitsBehindIt() throws SQLException {
        UUID dead = rows.dead("shipping", "1", 1, "answered 400");
        rows.waiting("shipping", "1", 2);
        rows.waiting("shipping", "2", 1);
        UUID odd = rows.undecodable("shipping", "what?");

        Exhibit exhibit = backlog.show("shipping", dead).orElseThrow();
        assertThat(exhibit.behind()).isEqualTo(1);
        assertThat(exhibit.envelope()).contains("\"specversion\"", "{\"n\":1}");
        assertThat(exhibit.event().reason()).isEqualTo("answered 400");
        assertThat(exhibit.event().version()).isEqualTo(1);
        Exhibit undecodable = backlog.show("shipping", odd).orElseThrow();
        assertThat(undecodable.raw()).isEqualTo("what?");
        assertThat(undecodable.envelope()).isNull();
        assertThat(undecodable.event().isUndecodable()).isTrue();
        assertThat(backlog.show("mail", dead)).isEmpty();
    }

    @Test
    void aCommandIsAnsweredByWhoeverCarriesItOut() throws Exception {
        Commands leader = new Commands(() -> rows.database().connect(), BacklogRows.SLOT, 1);
        long all = backlog.request("shipping", Command.Verb.RETRY, Selection.all());
        UUID id = rows.dead("shipping", "1", 1, "x");
        long one = backlog.request("shipping", Command.Verb.DROP, Selection.of(Set.of(id)));
        long some = backlog.request("mail", Command.Verb.SKIP, new Selection(Set.of(), "order/1", "400"));

        assertThat(backlog.await(one, Duration.ZERO)).isEmpty();
        assertThat(leader.requested())
                .containsExactly(
                        new Command(all, "shipping", Command.Verb.RETRY, Set.of(), null, null),
                        new Command(one, "shipping", Command.Verb.DROP, Set.of(id), null, null),
                        new Command(some, "mail", Command.Verb.SKIP, Set.of(), "order/1", "400"));

        leader.done(leader.requested().get(1), 1);
        leader.failed(leader.requested().get(1), "mail is not configured");
        assertThat(backlog.await(one, Patience.BOUND)).contains(new Answer(one, true, 1, "1 event dropped"));
        assertThat(backlog.await(some, Patience.BOUND)).contains(new Answer(some, false, 0, "mail is not configured"));
        assertThat(leader.requested()).extracting(Command::id).containsExactly(all);
        assertThat(rows.single("select requested_by from tidemark.command limit 1"))
                .isEqualTo("tidemark_relay");
        assertThatThrownBy(() -> backlog.await(some + 1, Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("does not exist");
    }

    @Test
    void commandsOfAnotherSlotAreNotOurs() throws Exception {
        long command = new BacklogAdmin(() -> rows.database().connect(), "another")
                .request("shipping", Command.Verb.RETRY, Selection.all());

        assertThat(new Commands(() -> rows.database().connect(), BacklogRows.SLOT, 1).requested())
                .isEmpty();
        assertThatThrownBy(() -> backlog.await(command, Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aSelectionIsByIdOrByTheRest() {
        UUID id = UUID.randomUUID();
        assertThatThrownBy(() -> new Selection(Set.of(id), "order/1", null))
                .hasMessageContaining("by id, or by aggregate and reason");
        assertThatThrownBy(() -> new Selection(Set.of(), "order", null)).hasMessageContaining("order/42");
        assertThatThrownBy(() -> new Selection(Set.of(), null, "")).hasMessageContaining("must not be empty");
        assertThatThrownBy(() -> Selection.of(Set.of())).hasMessageContaining("no id");
    }

    private List<UUID> list(Set<State> states, Selection selection) throws SQLException {
        return backlog.list("shipping", states, selection, 0, 100).stream()
                .map(Stored::id)
                .toList();
    }
}
