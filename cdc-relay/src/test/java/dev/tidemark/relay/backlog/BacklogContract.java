package dev.tidemark.relay.backlog;

import static dev.tidemark.relay.backlog.StoredEvents.ANY;
import static dev.tidemark.relay.backlog.StoredEvents.dead;
import static dev.tidemark.relay.backlog.StoredEvents.order;
import static dev.tidemark.relay.backlog.StoredEvents.undecodable;
import static dev.tidemark.relay.backlog.StoredEvents.versions;
import static dev.tidemark.relay.backlog.StoredEvents.waiting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every backlog promises: how events are stored, read and settled. */
abstract class BacklogContract {

    static final String SUBSCRIBER = "shipping";

    Backlog backlog;

    /** The backlogs of a relay that leads, empty at first; the same at each call. */
    abstract Backlogs backlogs() throws Exception;

    /** From now on another relay leads, and {@link #backlogs()} is of one that did. */
    abstract void letAnotherLead() throws Exception;

    @BeforeEach
    void openAllOfIt() throws Exception {
        backlog = backlogs().part(SUBSCRIBER, 0, 1, true);
    }

    @Test
    void anEmptyOneIsEmpty() throws Exception {
        assertThat(backlog.open(10)).isEqualTo(new Opening(false, Set.of(), true, 0, true));
        assertThat(backlog.read(0, List.of(), ANY)).isEqualTo(new Page(List.of(), true));
        assertThat(backlog.store(List.of())).isEmpty();
        assertThat(backlog.known(List.of(Events.event("a", 1)))).isEqualTo(StoredEvents.NOTHING_KNOWN);
        assertThat(size()).isEqualTo(new Backlogs.Size(0, 0, 0));
        backlog.delivered(List.of());
        backlog.delivered(List.of(UUID.randomUUID()));
    }

    @Test
    void whatIsStoredIsReadInOrder() throws Exception {
        List<Placed> placed = backlog.store(List.of(waiting("a", 1), waiting("b", 1), waiting("a", 2)));
        assertThat(placed).extracting(Placed::state).containsOnly(State.WAITING);
        assertThat(placed).extracting(Placed::fresh).containsOnly(true);
        Page page = backlog.read(0, List.of(), ANY);
        assertThat(versions(page)).containsExactly("a@1", "b@1", "a@2");
        assertThat(page.last()).isTrue();
        assertThat(page.entries()).extracting(Entry::position).isEqualTo(StoredEvents.positions(placed));
        assertThat(page.entries()).extracting(Entry::committedAt).containsOnly(Events.COMMITTED_AT);
        assertThat(backlog.open(10))
                .isEqualTo(new Opening(true, Set.of(), true, placed.get(2).position(), false));
        assertThat(versions(backlog.read(placed.get(0).position(), List.of(), ANY)))
                .containsExactly("b@1", "a@2");
    }

    /** One call may take more events than a statement does; ids in no order. */
    @Test
    void positionsGrowInTheOrderGivenAlsoInLargeBatches() throws Exception {
        List<Arrival> arrivals = new ArrayList<>();
        Random seeded = new Random(7);
        for (int i = 0; i < 2500; i++) {
            arrivals.add(waiting(String.valueOf(seeded.nextInt(50)), 1 + i));
        }
        List<Long> positions = StoredEvents.positions(backlog.store(arrivals));
        assertThat(positions).doesNotHaveDuplicates().isSorted();
        List<Long> later = StoredEvents.positions(backlog.store(List.of(waiting("z", 1))));
        assertThat(later.get(0)).isGreaterThan(positions.get(2499));
        assertThat(StoredEvents.drain(backlog, new PageLimit(100, Long.MAX_VALUE)))
                .extracting(Entry::position)
                .startsWith(positions.toArray(Long[]::new))
                .hasSize(2501);
    }

    @Test
    void aKeyThatIsThereIsLeftAsItIs() throws Exception {
        Placed first = backlog.store(List.of(waiting("a", 1))).get(0);
        List<Placed> again = backlog.store(List.of(dead("a", 1), waiting("a", 2), waiting("a", 2)));
        assertThat(again.get(0)).isEqualTo(new Placed(first.position(), State.WAITING, false));
        assertThat(again.get(1).fresh()).isTrue();
        assertThat(again.get(2)).isEqualTo(new Placed(again.get(1).position(), State.WAITING, false));
        backlog.delivered(List.of(Events.event("a", 1).id()));
        assertThat(backlog.store(List.of(waiting("a", 1))))
                .containsExactly(new Placed(first.position(), State.SETTLED, false));
        assertThat(versions(backlog.read(0, List.of(), ANY))).containsExactly("a@2");
    }

    @Test
    void oneEventMayWaitForTwoSubscribers() throws Exception {
        Backlog other = backlogs().part("billing", 0, 1, true);
        backlog.store(List.of(waiting("a", 1)));
        assertThat(other.store(List.of(waiting("a", 1))).get(0).fresh()).isTrue();
        backlog.delivered(List.of(Events.event("a", 1).id()));
        assertThat(versions(other.read(0, List.of(), ANY))).containsExactly("a@1");
        assertThat(backlogs().size("billing").waiting()).isOne();
        assertThat(size().waiting()).isZero();
    }

    @Test
    void envelopesComeBackAsTheyWere() throws Exception {
        List<Envelope> nasty = StoredEvents.nastyEnvelopes();
        backlog.store(nasty.stream().map(StoredEvents::of).toList());
        List<Entry> entries = backlog.read(0, List.of(), ANY).entries();
        for (int i = 0; i < nasty.size(); i++) {
            StoredEvents.assertSame(entries.get(i).envelope(), nasty.get(i));
        }
        assertThat(entries).hasSameSizeAs(nasty);
    }

    @Test
    void timesAndAttemptsAreKept() throws Exception {
        Instant committedAt = Instant.parse("2026-02-28T23:59:59.999999Z");
        backlog.store(List.of(new Arrival(
                Events.event("a", 1).id(),
                Events.event("a", 1),
                null,
                committedAt,
                State.WAITING,
                Arrival.Cause.PARKED,
                7,
                "nul \0 and \ud800, \u20ac 😀")));
        Entry entry = backlog.read(0, List.of(), ANY).entries().get(0);
        assertThat(entry.committedAt()).isEqualTo(committedAt);
        assertThat(entry.attempts()).isEqualTo(7);
        backlog.attempted(Events.event("a", 1).id(), 8, "answered \0 503");
        assertThat(backlog.read(0, List.of(), ANY).entries().get(0).attempts()).isEqualTo(8);
    }

    @Test
    void aPageEndsAtItsLimitAndKnowsWhetherItIsTheLast() throws Exception {
        backlog.store(List.of(waiting("a", 1), waiting("b", 1), waiting("c", 1)));
        assertThat(backlog.read(0, List.of(), new PageLimit(2, 1 << 20)).last()).isFalse();
        assertThat(backlog.read(0, List.of(), new PageLimit(3, 1 << 20)).last()).isTrue();
        Page behindIsExcepted = backlog.read(0, List.of(order("c")), new PageLimit(2, 1 << 20));
        assertThat(versions(behindIsExcepted)).containsExactly("a@1", "b@1");
        assertThat(behindIsExcepted.last()).isTrue();
    }

    @Test
    void aPageHoldsNoMoreBytesThanAskedForButAtLeastOneEvent() throws Exception {
        backlog.store(List.of(
                StoredEvents.sized("a", 1, 5000), StoredEvents.sized("b", 1, 200_000), StoredEvents.sized("c", 1, 10)));
        PageLimit small = new PageLimit(10, 20_000);
        Page first = backlog.read(0, List.of(), small);
        assertThat(versions(first)).containsExactly("a@1");
        assertThat(first.last()).isFalse();
        Page oversize = backlog.read(first.entries().get(0).position(), List.of(), small);
        assertThat(versions(oversize)).containsExactly("b@1");
        Page last = backlog.read(oversize.entries().get(0).position(), List.of(), small);
        assertThat(versions(last)).containsExactly("c@1");
        assertThat(last.last()).isTrue();
        assertThat(versions(backlog.read(0, List.of(), new PageLimit(10, 0)))).containsExactly("a@1");
    }

    @Test
    void someAggregatesAreLeftOut() throws Exception {
        backlog.store(List.of(waiting("a", 1), waiting("b", 1), waiting("a", 2), waiting("c", 1)));
        assertThat(versions(backlog.read(0, List.of(order("a"), order("x")), ANY)))
                .containsExactly("b@1", "c@1");
        Aggregate alike = new Aggregate("orders", "tenant", "order", "a");
        assertThat(backlog.read(0, List.of(alike), ANY).entries()).hasSize(4);
    }

    @Test
    void theEventsOfOneAggregateAreReadAlone() throws Exception {
        backlog.store(List.of(waiting("a", 1), waiting("b", 1), waiting("a", 2), waiting("a", 3)));
        backlog.delivered(List.of(Events.event("a", 1).id()));
        assertThat(versions(backlog.readAggregate(order("a"), ANY))).containsExactly("a@2", "a@3");
        Page one = backlog.readAggregate(order("a"), new PageLimit(1, 1 << 20));
        assertThat(versions(one)).containsExactly("a@2");
        assertThat(one.last()).isFalse();
        assertThat(backlog.readAggregate(order("x"), ANY)).isEqualTo(new Page(List.of(), true));
    }

    @Test
    void aDeadEventBlocksTheLaterOnesOfItsAggregate() throws Exception {
        List<Placed> placed =
                backlog.store(List.of(waiting("a", 1), dead("a", 2), waiting("b", 1), waiting("a", 3), undecodable(1)));
        assertThat(versions(backlog.read(0, List.of(), ANY))).containsExactly("a@1", "b@1");
        assertThat(backlog.read(0, List.of(), ANY).last()).isTrue();
        assertThat(versions(backlog.readAggregate(order("a"), ANY))).containsExactly("a@1");
        assertThat(backlog.blocked(List.of(order("a"), order("b"), order("c"))))
                .containsExactlyInAnyOrder(order("a"), order("b"));
        backlog.delivered(
                List.of(Events.event("a", 1).id(), Events.event("b", 1).id()));
        assertThat(backlog.blocked(List.of(order("a"), order("b")))).containsExactly(order("a"));
        assertThat(backlog.open(10))
                .isEqualTo(new Opening(
                        false, Set.of(order("a")), true, placed.get(4).position(), false));
        assertThat(backlog.readAggregate(order("a"), ANY).entries()).isEmpty();
    }

    @Test
    void aDeadEventBlocksNothingWhereItIsPassedOver() throws Exception {
        Backlog skipping = backlogs().part(SUBSCRIBER, 0, 1, false);
        skipping.store(List.of(dead("a", 1), waiting("a", 2), dead("b", 1)));
        assertThat(versions(skipping.read(0, List.of(), ANY))).containsExactly("a@2");
        assertThat(versions(skipping.readAggregate(order("a"), ANY))).containsExactly("a@2");
        assertThat(skipping.blocked(List.of(order("a"), order("b")))).containsExactly(order("a"));
        assertThat(skipping.open(0).dead()).isEmpty();
        assertThat(skipping.open(0).complete()).isTrue();
        assertThat(skipping.open(0).waiting()).isTrue();
    }

    @Test
    void moreBlockedAggregatesThanFitAreLookedUpLater() throws Exception {
        backlog.store(List.of(dead("a", 1), dead("a", 2), dead("b", 1), undecodable(1)));
        assertThat(backlog.open(2).dead()).containsExactlyInAnyOrder(order("a"), order("b"));
        assertThat(backlog.open(2).complete()).isTrue();
        assertThat(backlog.open(1).dead()).isEmpty();
        assertThat(backlog.open(1).complete()).isFalse();
    }

    @Test
    void aBuriedEventBlocksAndADeliveredOneDoesNot() throws Exception {
        backlog.store(List.of(waiting("a", 1), waiting("a", 2), waiting("b", 1), waiting("b", 2)));
        UUID first = Events.event("a", 1).id();
        backlog.bury(first, 3, "answered 400");
        backlog.bury(first, 3, "answered 400");
        backlog.delivered(List.of(Events.event("b", 1).id(), first)); // a dead one is not delivered
        assertThat(versions(backlog.read(0, List.of(), ANY))).containsExactly("b@2");
        assertThat(size().dead()).isOne();
        assertThat(size().waiting()).isEqualTo(2);
    }

    @Test
    void whatIsSettledHoldsNoBytes() throws Exception {
        backlog.store(List.of(StoredEvents.sized("a", 1, 10_000), StoredEvents.sized("b", 1, 50_000)));
        assertThat(size().bytes()).isBetween(60_000L, 62_000L);
        backlog.delivered(List.of(Events.event("b", 1).id()));
        assertThat(size().bytes()).isBetween(10_000L, 11_000L);
        backlog.delivered(
                List.of(Events.event("a", 1).id(), Events.event("b", 1).id()));
        assertThat(size()).isEqualTo(new Backlogs.Size(0, 0, 0));
        assertThat(backlog.open(1))
                .as("what is settled is remembered")
                .isEqualTo(new Opening(false, Set.of(), true, 0, false));
    }

    @Test
    void whatIsSettledIsRemembered() throws Exception {
        backlog.store(List.of(waiting("a", 3), StoredEvents.of(StoredEvents.unversioned("u")), dead("b", 5)));
        backlog.delivered(List.of(Events.event("a", 3).id()));
        List<Envelope> resent = List.of(
                Events.event("a", 2),
                Events.event("a", 3),
                Events.event("a", 4),
                Events.event("b", 4),
                Events.event("c", 1),
                StoredEvents.unversioned("u"));
        Known known = backlog.known(resent);
        assertThat(known.ids())
                .containsExactlyInAnyOrder(
                        resent.get(1).id(), resent.get(5).id()); // b@5 is stored, but was not asked for
        assertThat(known.newest())
                .containsOnlyKeys(order("a"), order("b"))
                .containsEntry(order("a"), new Known.Mark(0, 3))
                .containsEntry(order("b"), new Known.Mark(0, 5));
        assertThat(resent.stream().filter(known::isSettled).map(Events::label))
                .containsExactly("a@2", "a@3", "b@4", "u@null");
    }

    @Test
    void aLaterEpochOfTheSourceIsNewerThanAnyVersion() throws Exception {
        backlog.store(List.of(
                StoredEvents.of(StoredEvents.inEpoch(0, "a", 900)),
                StoredEvents.of(StoredEvents.inEpoch(2, "a", 7)),
                StoredEvents.of(StoredEvents.inEpoch(1, "a", 800))));
        Known known = backlog.known(List.of(StoredEvents.inEpoch(2, "a", 8)));
        assertThat(known.newest()).containsEntry(order("a"), new Known.Mark(2, 7));
        assertThat(known.isSettled(StoredEvents.inEpoch(2, "a", 8))).isFalse();
        assertThat(known.isSettled(StoredEvents.inEpoch(1, "a", 1000))).isTrue();
    }

    @Test
    void anotherNumberOfLanesOwnsTheSameEventsOnce() throws Exception {
        List<Arrival> arrivals = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            arrivals.add(waiting("order-" + i % 40, 1 + i));
        }
        for (Arrival arrival : arrivals) {
            int bucket = Buckets.of(Objects.requireNonNull(arrival.envelope()).aggregate());
            backlogs().part(SUBSCRIBER, Buckets.lane(bucket, 4), 4, true).store(List.of(arrival));
        }
        List<String> read = new ArrayList<>();
        for (int lane = 0; lane < 7; lane++) {
            Backlog part = backlogs().part(SUBSCRIBER, lane, 7, true);
            for (Entry entry : StoredEvents.drain(part, new PageLimit(9, 1 << 20))) {
                assertThat(Buckets.lane(Buckets.of(entry.envelope().aggregate()), 7))
                        .isEqualTo(lane);
                read.add(Events.label(entry.envelope()));
            }
            assertThat(part.open(5).waiting())
                    .isEqualTo(!StoredEvents.drain(part, ANY).isEmpty());
        }
        assertThat(read)
                .containsExactlyInAnyOrderElementsOf(
                        arrivals.stream().map(StoredEvents::label).toList());
    }

    @Test
    void aPartChangesOnlyItsOwnEvents() throws Exception {
        Arrival arrival = waiting("a", 1);
        int lane = Buckets.lane(Buckets.of(order("a")), 4);
        backlogs().part(SUBSCRIBER, lane, 4, true).store(List.of(arrival));
        Backlog other = backlogs().part(SUBSCRIBER, (lane + 1) % 4, 4, true);
        other.delivered(List.of(arrival.id()));
        other.bury(arrival.id(), 1, "not mine");
        assertThat(versions(backlog.read(0, List.of(), ANY))).containsExactly("a@1");
        assertThat(other.read(0, List.of(), ANY).entries()).isEmpty();
        assertThat(other.open(9)).isEqualTo(new Opening(false, Set.of(), true, 0, false));
        assertThat(backlogs().part("another", 0, 1, true).open(9).nothing()).isTrue();
    }

    @Test
    void whoLeadsNoMoreChangesNothing() throws Exception {
        backlog.store(List.of(waiting("a", 1), dead("b", 1)));
        letAnotherLead();
        UUID waiting = Events.event("a", 1).id();
        Command drop = new Command(1, SUBSCRIBER, Command.Verb.DROP, Set.of(), null, null);
        Command retry = new Command(2, SUBSCRIBER, Command.Verb.RETRY, Set.of(), null, null);
        assertFenced(() -> backlog.store(List.of(waiting("c", 1))));
        assertFenced(() -> backlog.store(List.of(waiting("a", 1))));
        assertFenced(() -> backlog.delivered(List.of(waiting)));
        assertFenced(() -> backlog.bury(waiting, 1, "late"));
        assertFenced(() -> backlog.attempted(waiting, 9, "late"));
        assertFenced(() -> backlog.carryOut(drop));
        assertFenced(() -> backlog.carryOut(retry));
        assertThat(backlog.read(0, List.of(), ANY).entries())
                .extracting(entry -> Events.label(entry.envelope()) + " tried " + entry.attempts())
                .containsExactly("a@1 tried 0");
        assertThat(size().dead()).isOne();
    }

    private static void assertFenced(ThrowingCallable write) {
        assertThatThrownBy(write).isInstanceOf(FencedException.class).hasMessageContaining("another relay leads");
    }

    Backlogs.Size size() throws Exception {
        return backlogs().size(SUBSCRIBER);
    }
}
