package dev.tidemark.relay.backlog;

import static dev.tidemark.relay.backlog.BacklogContract.SUBSCRIBER;
import static dev.tidemark.relay.backlog.StoredEvents.ANY;
import static dev.tidemark.relay.backlog.StoredEvents.dead;
import static dev.tidemark.relay.backlog.StoredEvents.order;
import static dev.tidemark.relay.backlog.StoredEvents.undecodable;
import static dev.tidemark.relay.backlog.StoredEvents.versions;
import static dev.tidemark.relay.backlog.StoredEvents.waiting;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.relay.Events;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every backlog does to its events when a person asks for it. */
abstract class CommandContract {

    private Backlog backlog;

    /** The backlogs of a relay that leads, empty at first; the same at each call. */
    abstract Backlogs backlogs() throws Exception;

    @BeforeEach
    void oneDeadAndOneWaitingInEachOfTwoAggregates() throws Exception {
        backlog = backlogs().part(SUBSCRIBER, 0, 1, true);
        backlog.store(List.of(dead("a", 1), waiting("a", 2), dead("b", 1), waiting("b", 2), undecodable(1)));
    }

    @Test
    void retryLetsTheDeadWaitAgainInTheirOldPlace() throws Exception {
        Carried carried = backlog.carryOut(command(Command.Verb.RETRY, "order/a", null));
        assertThat(carried).isEqualTo(new Carried(2, Set.of(order("a")), 1, -1, 0));
        assertThat(versions(backlog.read(0, List.of(), ANY))).containsExactly("a@1", "a@2");
        assertThat(backlog.read(0, List.of(), ANY).entries())
                .extracting(Entry::attempts)
                .containsOnly(0);
        assertThat(backlog.carryOut(command(Command.Verb.RETRY, "order/a", null)))
                .isEqualTo(new Carried(2, Set.of(order("a")), 0, 0, 0));
        assertThat(versions(backlog.read(0, List.of(), ANY))).containsExactly("a@1", "a@2");
    }

    @Test
    void whatCannotBeDecodedCannotBeRetried() throws Exception {
        Carried carried = backlog.carryOut(command(Command.Verb.RETRY, null, null));
        assertThat(carried).isEqualTo(new Carried(2, Set.of(order("a"), order("b")), 2, -2, 0));
        assertThat(backlogs().size(SUBSCRIBER).dead()).isOne();
        assertThat(backlog.carryOut(byId(Command.Verb.RETRY, undecodable(1).id()))
                        .events())
                .isZero();
    }

    @Test
    void skipLetsTheFollowersOfTheDeadGoOn() throws Exception {
        long before = backlogs().size(SUBSCRIBER).bytes();
        Carried carried = backlog.carryOut(command(Command.Verb.SKIP, "order/b", null));
        assertThat(carried.events()).isOne();
        assertThat(carried.aggregates()).containsExactly(order("b"));
        assertThat(carried.waiting()).isZero();
        assertThat(carried.dead()).isEqualTo(-1);
        assertThat(backlogs().size(SUBSCRIBER).bytes())
                .isEqualTo(before + carried.bytes())
                .isLessThan(before);
        assertThat(versions(backlog.read(0, List.of(), ANY))).containsExactly("b@2");
        assertThat(backlog.carryOut(command(Command.Verb.SKIP, "order/b", null)))
                .isEqualTo(new Carried(0, Set.of(), 0, 0, 0));
    }

    @Test
    void whatWasSkippedOrDroppedKeepsItsKey() throws Exception {
        backlog.carryOut(command(Command.Verb.SKIP, "order/a", null));
        backlog.carryOut(command(Command.Verb.DROP, "order/b", null));
        assertThat(backlog.store(List.of(waiting("a", 1), waiting("b", 1), waiting("b", 2))))
                .extracting(Placed::state)
                .containsOnly(State.SETTLED);
        assertThat(backlog.known(List.of(Events.event("b", 2))).ids()).hasSize(1);
    }

    @Test
    void dropGivesUpTheDeadAndTheWaiting() throws Exception {
        Carried carried = backlog.carryOut(command(Command.Verb.DROP, null, null));
        assertThat(carried.events()).isEqualTo(5);
        assertThat(carried.aggregates()).containsExactlyInAnyOrder(order("a"), order("b"));
        assertThat(carried.waiting()).isEqualTo(-2);
        assertThat(carried.dead()).isEqualTo(-3);
        assertThat(backlogs().size(SUBSCRIBER)).isEqualTo(new Backlogs.Size(0, 0, 0));
        assertThat(backlog.open(9)).isEqualTo(new Opening(false, Set.of(), true, 0, false));
    }

    @Test
    void eventsAreChosenById() throws Exception {
        UUID waiting = Events.event("a", 2).id();
        assertThat(backlog.carryOut(byId(Command.Verb.SKIP, waiting)).events()).isZero(); // it is not dead
        assertThat(backlog.carryOut(byId(Command.Verb.DROP, waiting)).waiting()).isEqualTo(-1);
        assertThat(backlog.carryOut(byId(Command.Verb.SKIP, undecodable(1).id())))
                .extracting(Carried::events, Carried::dead, Carried::aggregates)
                .containsExactly(1, -1L, Set.of());
        assertThat(backlog.carryOut(byId(Command.Verb.DROP, UUID.randomUUID())).events())
                .isZero();
    }

    @Test
    void eventsAreChosenByAPartOfTheReason() throws Exception {
        backlog.bury(Events.event("b", 2).id(), 3, "POST /100%_\\off answered 404 Ünknown");
        assertThat(backlog.carryOut(command(Command.Verb.SKIP, null, "%_\\off answered 404 Ü"))
                        .aggregates())
                .containsExactly(order("b"));
        assertThat(backlog.carryOut(command(Command.Verb.SKIP, null, "ANSWERED"))
                        .events())
                .isZero();
        assertThat(backlog.carryOut(command(Command.Verb.DROP, null, "%")).events())
                .isZero();
        assertThat(backlog.carryOut(command(Command.Verb.DROP, "order/a", "answered 400"))
                        .events())
                .isOne();
    }

    @Test
    void aggregatesAreNamedWithOrWithoutTheirSource() throws Exception {
        Aggregate odd = new Aggregate("/shop/orders", "acme", "order", "Zoë/1 %_'\\😀");
        backlog.store(List.of(StoredEvents.of(Events.of(odd, 1).build())));
        for (String name : List.of(
                "acme/order/a",
                "orders/acme/order/a",
                "order",
                "order/",
                "/",
                "",
                "order/%",
                "Order/a",
                "a",
                "/shop/orders/order/Zoë/1 %_'\\😀")) {
            assertThat(backlog.carryOut(command(Command.Verb.DROP, name, null)).events())
                    .as(name)
                    .isZero();
        }
        assertThat(backlog.carryOut(command(Command.Verb.RETRY, odd.toString(), null))
                        .events())
                .isOne();
        assertThat(backlog.carryOut(command(Command.Verb.DROP, "order/Zoë/1 %_'\\😀", null))
                        .aggregates())
                .containsExactly(odd);
        assertThat(backlog.carryOut(command(Command.Verb.DROP, "orders/order/a", null))
                        .events())
                .isEqualTo(2);
    }

    @Test
    void aCommandIsCarriedOutInEachPartForItself() throws Exception {
        int lane = Buckets.lane(Buckets.of(order("a")), 3);
        Command drop = command(Command.Verb.DROP, "order/a", null);
        assertThat(backlogs()
                        .part(SUBSCRIBER, (lane + 1) % 3, 3, true)
                        .carryOut(drop)
                        .events())
                .isZero();
        assertThat(backlogs().part(SUBSCRIBER, lane, 3, true).carryOut(drop).events())
                .isEqualTo(2);
        Command undecodable = byId(Command.Verb.DROP, undecodable(1).id());
        assertThat(backlogs().part(SUBSCRIBER, 1, 3, true).carryOut(undecodable).events())
                .isZero();
        assertThat(backlogs().part(SUBSCRIBER, 0, 3, true).carryOut(undecodable).events())
                .isOne();
    }

    /** One command may concern more events than a transaction should. */
    @Test
    void aLargeCommandIsCarriedOutWhole() throws Exception {
        List<Arrival> many = new ArrayList<>();
        for (int i = 0; i < 10_001; i++) {
            many.add(dead("many", 1 + i));
        }
        backlog.store(many);
        assertThat(allSteps(Command.Verb.RETRY, Carried::events))
                .as("each once, though it waits at the next step")
                .isEqualTo(10_001);
        assertThat(allSteps(Command.Verb.DROP, Carried::waiting)).isEqualTo(-10_001);
        assertThat(backlogs().size(SUBSCRIBER).dead()).as("of others").isEqualTo(3);
    }

    private long allSteps(Command.Verb verb, ToLongFunction<Carried> count) throws BacklogException {
        long sum = 0;
        boolean more = true;
        while (more) {
            Carried step = backlog.carryOut(command(verb, "order/many", null));
            sum += count.applyAsLong(step);
            more = step.more();
        }
        return sum;
    }

    private static Command command(Command.Verb verb, @Nullable String aggregate, @Nullable String reason) {
        return new Command(1, SUBSCRIBER, verb, Set.of(), aggregate, reason);
    }

    private static Command byId(Command.Verb verb, UUID id) {
        return new Command(1, SUBSCRIBER, verb, Set.of(id), null, null);
    }
}
