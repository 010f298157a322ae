package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.begin;
import static dev.tidemark.inbox.Fixtures.handle;
import static dev.tidemark.inbox.Fixtures.query;
import static dev.tidemark.inbox.Fixtures.unversioned;
import static dev.tidemark.inbox.Fixtures.user;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What the inbox keeps, and in which order it lets it go; without the thread that does so
 * (more than 400 lines because events wait in many ways, and each is a case).
 */
final class InboxWaitingTest {

    private static final Aggregate USER = user("42", 1).build().aggregate();
    private static final Set<String> TYPES = Set.of("user-renamed");

    private final Heard heard = new Heard();
    private Database database;
    private Inbox inbox;

    @BeforeEach
    void open() throws SQLException {
        database = Fixtures.database();
        inbox = inbox(GapPolicy.WAIT, FirstEvent.BEGINNING);
    }

    private Inbox inbox(GapPolicy gapPolicy, FirstEvent firstEvent) {
        return Inbox.builder("reporting")
                .gapPolicy(gapPolicy)
                .firstEvent(firstEvent)
                .listener(heard)
                .build();
    }

    @Test
    void whatComesTooEarlyWaitsAndIsHandledInOrderOfVersions() throws SQLException {
        assertThat(handle(inbox, database, user("42", 3).build())).isEqualTo(Outcome.WAITING);
        assertThat(handle(inbox, database, user("42", 2).build())).isEqualTo(Outcome.WAITING);
        assertThat(handle(inbox, database, user("42", 3).build())).as("again").isEqualTo(Outcome.WAITING);
        assertThat(effects()).isEmpty();
        assertThat(heard.lines).containsExactly("waiting 3 for 1", "waiting 2 for 1", "waiting 3 for 1");
        assertThat(next(TYPES)).as("before its turn").isNull();

        assertThat(handle(inbox, database, user("42", 1).build())).isEqualTo(Outcome.APPLIED);
        assertThat(handle(inbox, database, user("42", 4).build()))
                .as("it does not pass those that wait")
                .isEqualTo(Outcome.WAITING);
        assertThat(takeAll()).containsExactly("APPLIED 2", "APPLIED 3", "APPLIED 4");
        assertThat(effects()).containsExactly("1", "2", "3", "4");
        assertThat(kept()).isEmpty();
        assertThat(held()).containsExactly("f");
        assertThat(handle(inbox, database, user("42", 3).build())).isEqualTo(Outcome.DUPLICATE);
        assertThat(handle(inbox, database, user("42", 5).build())).isEqualTo(Outcome.APPLIED);
    }

    /** Whoever is told that nothing is comes to the next only when he looks again. */
    @Test
    void whoeverTakesWhatWaitedIsToldWhetherMoreIsKept() throws SQLException {
        handle(inbox, database, user("42", 3).build());
        handle(inbox, database, user("42", 2).build());
        handle(inbox, database, user("42", 1).build());
        assertThat(takeNext().held()).isTrue();
        assertThat(takeNext().held()).isFalse();
    }

    @Test
    void whatWaitsIsByteForByteWhatCame() throws SQLException {
        Envelope event = user("42", 2)
                .data("application/octet-stream", new byte[] {0, 1, (byte) 0xff})
                .header("correlationid", "ü\u0001")
                .traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
                .build();
        handle(inbox, database, event);
        handle(inbox, database, user("42", 1).build());

        Envelope kept = nextEvent();
        assertThat(kept.toBuilder().build()).usingRecursiveComparison().isEqualTo(event);
    }

    @Test
    void aTransactionThatRollsBackLeavesNothingWaiting() throws SQLException {
        try (Connection tx = begin(database)) {
            assertThat(inbox.handle(tx, user("42", 2).build(), Fixtures::effect))
                    .isEqualTo(Outcome.WAITING);
            tx.rollback();
        }
        assertThat(kept()).isEmpty();
        assertThat(held()).isEmpty();
    }

    @Test
    void ofAnAggregateSeenLateOnlyWhatIsMissingBehindTheFirstIsWaitedFor() throws SQLException {
        inbox = inbox(GapPolicy.WAIT, FirstEvent.FIRST_SEEN);
        assertThat(handle(inbox, database, user("42", 7).build())).isEqualTo(Outcome.APPLIED);
        assertThat(handle(inbox, database, user("42", 9).build())).isEqualTo(Outcome.WAITING);
        assertThat(handle(inbox, database, user("42", 8).build())).isEqualTo(Outcome.APPLIED);
        assertThat(takeAll()).containsExactly("APPLIED 9");
    }

    @Test
    void aStateStandsForWhatIsMissingAndWhatWaitsBelowItIsDoneWith() throws SQLException {
        handle(inbox, database, user("42", 3).build());
        handle(inbox, database, user("42", 6).build());

        assertThat(handle(inbox, database, user("42", 5).redelivery("state:1").build()))
                .isEqualTo(Outcome.APPLIED);

        assertThat(takeAll()).containsExactly("DUPLICATE 3", "APPLIED 6");
        assertThat(kept()).isEmpty();
    }

    @Test
    void whatWaitsIsStaleOnceItsSourceCameBackOlder() throws SQLException {
        handle(inbox, database, user("42", 1).build());
        handle(inbox, database, user("42", 3).build());
        Envelope restored =
                user("42", 2).id(Fixtures.uuid("restored")).sourceEpoch(1).build();

        assertThat(handle(inbox, database, restored)).isEqualTo(Outcome.APPLIED);

        assertThat(takeAll()).containsExactly("STALE 3");
        assertThat(effects()).containsExactly("1", "2");
    }

    /** Nobody would ever look at it, nor be told of it. */
    @Test
    void whatWaitsIsStaleAfterAStateOfANewEpochThatHasNoVersion() throws SQLException {
        handle(inbox, database, user("42", 2).build());
        Envelope gone = user("42", 0).redelivery("state:1").sourceEpoch(1).build();
        assertThat(handle(inbox, database, gone)).isEqualTo(Outcome.APPLIED);
        assertThat(ready(TYPES)).containsExactly(USER);
        assertThat(takeAll()).containsExactly("STALE 2");
        assertThat(kept()).isEmpty();
    }

    @Test
    void whatWaitsForTheBeginningIsOverdueInAnyEpoch() throws SQLException {
        Envelope late = user("42", 3).sourceEpoch(1).build();
        assertThat(handle(inbox, database, late)).isEqualTo(Outcome.WAITING);
        assertThat(ready(TYPES)).isEmpty();
        try (Connection connection = database.connect()) {
            assertThat(inbox.taking().kept().overdue(connection, 0))
                    .singleElement()
                    .satisfies(overdue -> {
                        assertThat(overdue.event().id()).isEqualTo(late.id());
                        assertThat(overdue.expectedVersion()).isEqualTo(1);
                    });
        }
        assertThat(new InboxAdmin(database.dataSource(), "reporting").list(KeptSelection.ALL, false, 9))
                .singleElement()
                .satisfies(event -> assertThat(event.missing()).isEqualTo(1));
    }

    @Test
    void withAnotherPolicyWhatHasWaitedStillGoesFirst() throws SQLException {
        handle(inbox, database, user("42", 1).build());
        handle(inbox, database, user("42", 3).build());
        inbox = inbox(GapPolicy.REPORT, FirstEvent.BEGINNING);

        assertThat(handle(inbox, database, user("42", 6).build())).isEqualTo(Outcome.WAITING);

        assertThat(takeAll()).containsExactly("APPLIED_AFTER_GAP 3", "APPLIED_AFTER_GAP 6");
        assertThat(effects()).containsExactly("1", "3", "6");
    }

    @Test
    void behindADeadEventItsAggregateWaitsAndOthersDoNot() throws SQLException {
        inbox = inbox(GapPolicy.REPORT, FirstEvent.FIRST_SEEN);
        handle(inbox, database, user("42", 1).build());
        assertThat(bury(user("42", 2).build())).isTrue();

        assertThat(handle(inbox, database, user("42", 2).build()))
                .as("delivered again")
                .isEqualTo(Outcome.DEAD);
        assertThat(handle(inbox, database, user("42", 3).build())).isEqualTo(Outcome.WAITING);
        assertThat(handle(inbox, database, user("42", 1).build())).isEqualTo(Outcome.DUPLICATE);
        assertThat(handle(inbox, database, user("43", 3).build())).isEqualTo(Outcome.APPLIED);
        assertThat(takeAll()).as("nobody has it retried").isEmpty();

        database.run("update inbox_dead set retry = true");
        assertThat(takeAll()).containsExactly("APPLIED 2", "APPLIED 3");
        assertThat(query(database, "select version from effect where aggregateid = '42' order by n"))
                .containsExactly("1", "2", "3");
        assertThat(held()).containsExactly("f", "f");
    }

    @Test
    void whatComesSinceItsSourceCameBackOlderWaitsBehindADeadEventOfBefore() throws SQLException {
        handle(inbox, database, user("42", 1).build());
        handle(inbox, database, user("42", 2).build());
        bury(user("42", 3).build());
        Envelope restored =
                user("42", 2).id(Fixtures.uuid("restored")).sourceEpoch(1).build();
        assertThat(handle(inbox, database, restored)).isEqualTo(Outcome.WAITING);
        assertThat(takeAll()).as("nobody has it retried").isEmpty();

        database.run("update inbox_dead set retry = true");
        assertThat(takeAll()).containsExactly("APPLIED 3", "APPLIED 2");
    }

    /** All with the ids they had. */
    @Test
    void whatASourceThatCameBackOlderSendsAgainIsKeptBesideWhatIsKeptOfBefore() throws SQLException {
        for (int version = 1; version <= 4; version++) {
            handle(inbox, database, user("42", version).build());
        }
        bury(user("42", 5).build());
        handle(inbox, database, user("42", 6).build());
        for (int version = 1; version <= 6; version++) {
            Envelope again = user("42", version).sourceEpoch(1).build();
            assertThat(handle(inbox, database, again)).isEqualTo(Outcome.WAITING);
            assertThat(handle(inbox, database, again)).as("once more").isEqualTo(Outcome.WAITING);
        }
        assertThat(kept()).hasSize(8);

        database.run("update inbox_dead set retry = true");
        List<String> epochs = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Handled handled = takeNext();
            epochs.add(handled.outcome() + " " + handled.event().sourceEpoch() + "/"
                    + handled.event().aggregateVersion());
        }
        assertThat(epochs)
                .containsExactly(
                        "APPLIED 0/5",
                        "APPLIED 0/6",
                        "APPLIED 1/1",
                        "APPLIED 1/2",
                        "APPLIED 1/3",
                        "APPLIED 1/4",
                        "APPLIED 1/5",
                        "APPLIED 1/6");
        assertThat(kept()).isEmpty();
        assertThat(effects()).hasSize(12).endsWith("6");
    }

    /** Somebody names it by the id that it has everywhere. */
    @Test
    void whatIsDeadInANewEpochIsFoundByItsIdAndByItsDelivery() throws SQLException {
        Envelope dead = user("42", 1).sourceEpoch(1).build();
        bury(dead);
        InboxAdmin admin = new InboxAdmin(database.dataSource(), "reporting");
        KeptSelection byId = new KeptSelection(Set.of(dead.id()), null, null);
        assertThat(admin.list(byId, true, 9)).singleElement().satisfies(event -> {
            assertThat(event.delivery()).isEqualTo(dead.id() + "/epoch:1");
            assertThat(admin.event(event.delivery())).isPresent();
        });
        assertThat(admin.retry(byId)).isEqualTo(1);
        assertThat(takeAll()).containsExactly("APPLIED 1");
        assertThat(kept()).isEmpty();
    }

    @Test
    void aReplayOfADeadEventIsAnotherAttempt() throws SQLException {
        handle(inbox, database, user("42", 1).build());
        bury(user("42", 2).build());
        assertThat(handle(inbox, database, user("42", 2).redelivery("replay:7").build()))
                .isEqualTo(Outcome.APPLIED);
        assertThat(takeAll()).containsExactly("DUPLICATE 2");
        assertThat(kept()).isEmpty();
    }

    @Test
    void unversionedEventsWaitBehindADeadOneInTheOrderInWhichTheyCame() throws SQLException {
        bury(unversioned("42", "a").build());
        assertThat(handle(inbox, database, unversioned("42", "c").build())).isEqualTo(Outcome.WAITING);
        assertThat(handle(inbox, database, unversioned("42", "b").build())).isEqualTo(Outcome.WAITING);
        assertThat(handle(inbox, database, unversioned("42", "a").build())).isEqualTo(Outcome.DEAD);
        assertThat(handle(inbox, database, unversioned("43", "d").build())).isEqualTo(Outcome.APPLIED);
        assertThat(takeAll()).isEmpty();

        database.run("update inbox_dead set retry = true");
        assertThat(takeAll()).hasSize(3);
        assertThat(query(database, "select id from effect where aggregateid = '42' order by n"))
                .containsExactly(
                        Fixtures.uuid("a").toString(),
                        Fixtures.uuid("c").toString(),
                        Fixtures.uuid("b").toString());
        assertThat(handle(inbox, database, unversioned("42", "e").build())).isEqualTo(Outcome.APPLIED);
        assertThat(handle(inbox, database, unversioned("42", "c").build())).isEqualTo(Outcome.DUPLICATE);
    }

    @Test
    void whatIsSkippedCountsAsHandledAlsoWithoutAVersion() throws SQLException {
        bury(unversioned("42", "a").build());
        assertThat(handle(inbox, database, unversioned("42", "b").build())).isEqualTo(Outcome.WAITING);
        assertThat(skip(unversioned("42", "a").build())).isTrue();
        assertThat(skip(unversioned("42", "a").build())).as("once").isFalse();
        assertThat(takeAll()).containsExactly("APPLIED null");
        assertThat(handle(inbox, database, unversioned("42", "a").build())).isEqualTo(Outcome.DUPLICATE);
        assertThat(query(database, "select id from effect"))
                .containsExactly(Fixtures.uuid("b").toString());
    }

    /** It would count as handled with the one behind it, and nobody would be told. */
    @Test
    void whatIsKeptBeforeADeadEventIsNotPassedOverWithIt() throws SQLException {
        handle(inbox, database, user("42", 1).build());
        bury(user("42", 2).build());
        bury(user("42", 3).build());
        InboxAdmin admin = new InboxAdmin(database.dataSource(), "reporting");
        List<Envelope> skipped = new ArrayList<>();
        InboxAdmin.Skipped third = admin.skip(of(3), skipped::add);
        assertThat(skipped).isEmpty();
        assertThat(third.count()).isZero();
        assertThat(third.refused()).singleElement().satisfies(refused -> {
            assertThat(refused.event().aggregateVersion()).isEqualTo(3);
            assertThat(refused.earlier())
                    .isEqualTo(new InboxAdmin.Earlier(user("42", 2).build().id().toString(), 2, true));
        });
        assertThat(kept()).containsExactly("dead 2", "dead 3");
        assertThat(takeAll()).isEmpty();

        admin.retry(of(2));
        assertThat(takeAll()).containsExactly("APPLIED 2");
        assertThat(admin.skip(of(3), skipped::add).count()).isEqualTo(1);
        assertThat(handle(inbox, database, user("42", 4).build())).isEqualTo(Outcome.APPLIED);
        assertThat(effects()).containsExactly("1", "2", "4");
    }

    @Test
    void deadEventsAreSkippedInOrderUpToOneThatWaits() throws SQLException {
        handle(inbox, database, user("42", 1).build());
        bury(user("42", 2).build());
        bury(user("42", 3).build());
        handle(inbox, database, user("42", 4).build());
        bury(user("42", 5).build());
        InboxAdmin admin = new InboxAdmin(database.dataSource(), "reporting");
        List<Envelope> skipped = new ArrayList<>();
        InboxAdmin.Skipped all = admin.skip(KeptSelection.ALL, skipped::add);
        assertThat(skipped).extracting(Envelope::aggregateVersion).containsExactly(2L, 3L);
        assertThat(all.refused()).singleElement().satisfies(refused -> {
            assertThat(refused.event().aggregateVersion()).isEqualTo(5);
            assertThat(refused.earlier())
                    .isEqualTo(new InboxAdmin.Earlier(user("42", 4).build().id().toString(), 4, false));
        });
        assertThat(takeAll()).containsExactly("APPLIED 4");
        assertThat(admin.skip(KeptSelection.ALL, skipped::add).count()).isEqualTo(1);
        assertThat(kept()).isEmpty();
        assertThat(effects()).containsExactly("1", "4");
    }

    @Test
    void whatNobodyCouldKeepIsNotSkipped() throws SQLException {
        bury(user("42", 1).build());
        bury(user("43", 1).build());
        InboxAdmin admin = new InboxAdmin(database.dataSource(), "reporting");
        List<Envelope> skipped = new ArrayList<>();
        assertThatThrownBy(() -> admin.skip(KeptSelection.ALL, event -> {
                    if (!skipped.isEmpty()) {
                        throw new IllegalStateException("the disk is full");
                    }
                    skipped.add(event);
                }))
                .hasMessage("the disk is full");
        assertThat(query(database, "select aggregateid from inbox_dead"))
                .hasSize(1)
                .doesNotContain(skipped.get(0).aggregate().id());
    }

    @Test
    void whatSomebodyIsBusyWithIsNotSkippedAndTheOthersAre() throws SQLException {
        bury(user("42", 1).build());
        bury(user("43", 1).build());
        bury(user("44", 1).build());
        InboxAdmin admin = new InboxAdmin(database.dataSource(), "reporting");
        List<String> skipped = new ArrayList<>();
        try (Connection busy = begin(database)) {
            query(busy, "select 1 from inbox_watermark where aggregateid = '43' for update");
            InboxAdmin.Skipped all = admin.skip(
                    KeptSelection.ALL, event -> skipped.add(event.aggregate().id()));
            assertThat(skipped).containsExactlyInAnyOrder("42", "44");
            assertThat(all.count()).isEqualTo(2);
            assertThat(all.refused()).singleElement().satisfies(refused -> {
                assertThat(refused.event().aggregate().id()).isEqualTo("43");
                assertThat(refused.earlier()).isNull();
            });
        }
        assertThat(query(database, "select aggregateid from inbox_dead")).containsExactly("43");
    }

    private static KeptSelection of(long version) {
        return new KeptSelection(Set.of(user("42", version).build().id()), null, null);
    }

    @Test
    void whatWasHandledMeanwhileIsNotMadeDead() throws SQLException {
        handle(inbox, database, user("42", 1).build());
        handle(inbox, database, unversioned("43", "a").build());
        assertThat(bury(user("42", 1).build())).isFalse();
        assertThat(bury(unversioned("43", "a").build())).isFalse();
        assertThat(kept()).isEmpty();
    }

    @Test
    void aHandlerThatFailsLeavesTheEventWaiting() throws SQLException {
        handle(inbox, database, user("42", 2).build());
        handle(inbox, database, user("42", 1).build());
        try (Connection tx = begin(database)) {
            KeptEvents.Kept next = requireNonNull(inbox.taking().nextKept(tx, USER, TYPES));
            assertThatThrownBy(() -> inbox.taking().takeKept(tx, next, (connection, event) -> {
                        Fixtures.effect(connection, event);
                        throw new IllegalStateException("not yet");
                    }))
                    .hasMessage("not yet");
            tx.rollback();
        }
        assertThat(kept()).containsExactly("waiting 2");
        assertThat(takeAll()).containsExactly("APPLIED 2");
        assertThat(effects()).containsExactly("1", "2");
    }

    @Test
    void whoHasNoHandlerForATypeLeavesWhatWaitsOfItAlone() throws SQLException {
        handle(inbox, database, user("42", 2).build());
        handle(inbox, database, user("42", 1).build());
        assertThat(next(Set.of("user-deleted"))).isNull();
        assertThat(ready(Set.of("user-deleted"))).isEmpty();
        assertThat(ready(TYPES)).containsExactly(USER);
        assertThat(next(TYPES)).isNotNull();
    }

    @Test
    void onlyAggregatesOfWhichSomethingCanBeDoneAreReadyAndEachOnce() throws SQLException {
        for (int i = 100; i < 110; i++) {
            handle(inbox, database, user("" + i, 2).build()); // waits for 1
            handle(inbox, database, user("" + (i + 100), 2).build());
            handle(inbox, database, user("" + (i + 100), 1).build());
            bury(user("" + (i + 200), 1).build());
        }
        List<Aggregate> all = ready(TYPES);
        assertThat(all)
                .extracting(Aggregate::id)
                .containsExactly("200", "201", "202", "203", "204", "205", "206", "207", "208", "209");
        try (Connection connection = database.connect()) {
            assertThat(inbox.taking().kept().ready(connection, all.get(6), TYPES, inbox.gaps(), 2))
                    .containsExactlyElementsOf(all.subList(7, 9));
        }
    }

    @Test
    void anInboxOfAnOlderSchemaSaysWhatToApply() throws SQLException {
        database.run("alter table inbox_watermark drop column held");
        assertThatThrownBy(() -> handle(inbox, database, user("42", 1).build()))
                .isInstanceOf(SQLException.class)
                .hasMessageStartingWith(
                        "the inbox tables are of an older version; apply V010__inbox_waiting.sql to this database: ");
    }

    private boolean bury(Envelope event) throws SQLException {
        try (Connection tx = begin(database)) {
            boolean buried = inbox.taking().bury(tx, event, true, 3, "it failed");
            tx.commit();
            return buried;
        }
    }

    private boolean skip(Envelope event) throws SQLException {
        try (Connection tx = begin(database)) {
            boolean skipped = inbox.taking().skip(tx, event).done();
            tx.commit();
            return skipped;
        }
    }

    private KeptEvents.@Nullable Kept next(Set<String> types) throws SQLException {
        try (Connection tx = begin(database)) {
            KeptEvents.Kept next = inbox.taking().nextKept(tx, USER, types);
            tx.commit();
            return next;
        }
    }

    private Envelope nextEvent() throws SQLException {
        return requireNonNull(next(TYPES)).event();
    }

    private List<Aggregate> ready(Set<String> types) throws SQLException {
        try (Connection connection = database.connect()) {
            return inbox.taking().kept().ready(connection, KeptEvents.FROM_THE_BEGINNING, types, inbox.gaps(), 100);
        }
    }

    private Handled takeNext() throws SQLException {
        try (Connection tx = begin(database)) {
            KeptEvents.Kept next = requireNonNull(inbox.taking().nextKept(tx, USER, TYPES));
            Handled handled = inbox.taking().takeKept(tx, next, Fixtures::effect);
            tx.commit();
            return handled;
        }
    }

    /** Handles all whose turn comes, each in a transaction of its own, and tells what came of each. */
    private List<String> takeAll() throws SQLException {
        List<String> taken = new ArrayList<>();
        while (true) {
            try (Connection tx = begin(database)) {
                KeptEvents.Kept next = inbox.taking().nextKept(tx, USER, TYPES);
                if (next == null) {
                    tx.commit();
                    return taken;
                }
                Handled handled = inbox.taking().takeKept(tx, next, Fixtures::effect);
                tx.commit();
                taken.add(handled.outcome() + " " + handled.event().aggregateVersion());
            }
        }
    }

    private List<String> effects() throws SQLException {
        return query(database, "select version from effect order by n");
    }

    private List<String> held() throws SQLException {
        return query(database, "select held from inbox_watermark order by aggregateid");
    }

    private List<String> kept() throws SQLException {
        return query(
                database,
                "select 'waiting ' || version from inbox_waiting union all select 'dead ' || version from inbox_dead");
    }
}
