package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.OCCURRED;
import static dev.tidemark.inbox.Fixtures.begin;
import static dev.tidemark.inbox.Fixtures.handle;
import static dev.tidemark.inbox.Fixtures.query;
import static dev.tidemark.inbox.Fixtures.unversioned;
import static dev.tidemark.inbox.Fixtures.user;
import static dev.tidemark.inbox.Fixtures.uuid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class InboxTest {

    private final Heard heard = new Heard();
    private final Inbox inbox = Inbox.builder("shipping")
            .listener(heard)
            .clock(() -> OCCURRED.plusMillis(40))
            .build();
    private Database database;

    @BeforeEach
    void createDatabase() throws SQLException {
        database = Fixtures.database();
    }

    @Test
    void eventsInOrderAreAppliedOnceEach() throws SQLException {
        assertThat(handle(inbox, database, user("42", 1).build())).isEqualTo(Outcome.APPLIED);
        assertThat(handle(inbox, database, user("42", 2).build())).isEqualTo(Outcome.APPLIED);
        assertThat(handle(inbox, database, user("42", 2).build())).isEqualTo(Outcome.DUPLICATE);
        assertThat(handle(inbox, database, user("42", 1).build())).isEqualTo(Outcome.DUPLICATE);
        assertThat(effects()).containsExactly("1", "2");
        assertThat(heard.lines)
                .containsExactly("applied 1 after PT0.04S", "applied 2 after PT0.04S", "duplicate 2", "duplicate 1");
    }

    @Test
    void theWatermarkIsTheNewestEvent() throws SQLException {
        handle(inbox, database, user("42", 1).build());
        handle(inbox, database, user("42", 2).sourceEpoch(3).build());
        assertThat(query(
                        database,
                        "select concat_ws(' ', consumer, source, tenantid, aggregatetype, aggregateid, epoch, version, id)"
                                + " from inbox_watermark"))
                .containsExactly("shipping users  user 42 3 2 " + uuid("42@2"));
    }

    /** Fault 20: the effect was made, and the consumer died before it could commit and acknowledge. */
    @Test
    void anEventWhoseTransactionRolledBackIsAppliedWhenItComesAgain() throws SQLException {
        for (Envelope event :
                new Envelope[] {user("42", 1).build(), unversioned("42", "a").build()}) {
            try (Connection tx = begin(database)) {
                inbox.handle(tx, event, Fixtures::effect);
                tx.rollback();
            }
            assertThat(handle(inbox, database, event)).isEqualTo(Outcome.APPLIED);
            assertThat(handle(inbox, database, event)).isEqualTo(Outcome.DUPLICATE);
        }
        assertThat(effects()).containsExactly("1", "null");
    }

    @Test
    void anotherAggregateTenantSourceOrConsumerHasAWatermarkOfItsOwn() throws SQLException {
        handle(inbox, database, user("42", 1).build());
        for (Aggregate other : new Aggregate[] {
            new Aggregate("users", "", "user", "43"),
            new Aggregate("users", "", "team", "42"),
            new Aggregate("users", "acme", "user", "42"),
            new Aggregate("people", "", "user", "42")
        }) {
            Envelope event = user("42", 1).aggregate(other).build();
            assertThat(handle(inbox, database, event)).as("%s", other).isEqualTo(Outcome.APPLIED);
        }
        assertThat(handle(Inbox.of("billing"), database, user("42", 1).build())).isEqualTo(Outcome.APPLIED);
    }

    @Test
    void aGapIsReportedAndApplied() throws SQLException {
        handle(inbox, database, user("42", 3).build());
        assertThat(handle(inbox, database, user("42", 6).build())).isEqualTo(Outcome.APPLIED_AFTER_GAP);
        assertThat(handle(inbox, database, user("42", 7).build())).isEqualTo(Outcome.APPLIED);
        assertThat(heard.lines).element(1).isEqualTo("gap 4 before 6");
        assertThat(heard.lines).hasSize(4);
    }

    @Test
    void aGapIsRefusedWhereThePolicySaysSo() throws SQLException {
        Inbox strict = Inbox.builder("shipping")
                .gapPolicy(GapPolicy.FAIL)
                .firstEvent(FirstEvent.FIRST_SEEN)
                .listener(heard)
                .build();
        handle(strict, database, user("42", 1).build());
        assertThatThrownBy(() -> handle(strict, database, user("42", 3).build()))
                .isInstanceOf(VersionGap.class)
                .hasMessageContaining("before version 2");
        assertThat(handle(strict, database, user("42", 2).build())).isEqualTo(Outcome.APPLIED);
        assertThat(handle(strict, database, user("42", 3).build())).isEqualTo(Outcome.APPLIED);
    }

    /** What is overtaken at the start of an aggregate would be lost, without a word. */
    @ParameterizedTest
    @EnumSource(value = GapPolicy.class, names = "REPORT", mode = EnumSource.Mode.EXCLUDE)
    void whoWaitsForWhatIsMissingSaysWhereAggregatesBegin(GapPolicy policy) {
        assertThatThrownBy(() -> Inbox.builder("shipping").gapPolicy(policy).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(
                        "with GapPolicy." + policy + " firstEvent is required: FirstEvent.BEGINNING if");
        assertThat(Inbox.builder("shipping")
                        .firstEvent(FirstEvent.FIRST_SEEN)
                        .gapPolicy(policy)
                        .build()
                        .gaps())
                .isEqualTo(new Gaps(policy, FirstEvent.FIRST_SEEN));
    }

    @Test
    void whoSubscribedFromTheBeginningExpectsVersionOne() throws SQLException {
        Inbox fromBeginning = Inbox.builder("shipping")
                .firstEvent(FirstEvent.BEGINNING)
                .listener(heard)
                .build();
        assertThat(handle(fromBeginning, database, user("42", 2).build())).isEqualTo(Outcome.APPLIED_AFTER_GAP);
        assertThat(handle(fromBeginning, database, user("43", 1).build())).isEqualTo(Outcome.APPLIED);
        assertThat(heard.lines).element(0).isEqualTo("gap 1 before 2");
    }

    @Test
    void twoEventsWithOneVersionAreAConflictAndNeverADuplicate() throws SQLException {
        handle(inbox, database, user("42", 1).build());
        Envelope other = user("42", 1).id(uuid("other")).build();
        assertThatThrownBy(() -> handle(inbox, database, other))
                .isInstanceOfSatisfying(VersionConflict.class, conflict -> {
                    assertThat(conflict.eventId()).isEqualTo(uuid("other"));
                    assertThat(conflict.handledId()).isEqualTo(uuid("42@1"));
                });
        assertThat(heard.lines).last().isEqualTo("conflict 1");
        assertThat(effects()).containsExactly("1");
    }

    @Test
    void aHigherEpochStartsAnewAndALowerOneIsStale() throws SQLException {
        handle(inbox, database, user("42", 9).build());
        Envelope restored = user("42", 5).id(uuid("restored")).sourceEpoch(1).build();
        assertThat(handle(inbox, database, restored)).isEqualTo(Outcome.APPLIED);
        assertThat(handle(inbox, database, user("42", 10).build())).isEqualTo(Outcome.STALE);
        assertThat(handle(inbox, database, user("42", 6).sourceEpoch(1).build()))
                .isEqualTo(Outcome.APPLIED);
        assertThat(effects()).containsExactly("9", "5", "6");
    }

    @Test
    void anUnversionedEventIsKnownByItsId() throws SQLException {
        assertThat(handle(inbox, database, unversioned("42", "a").build())).isEqualTo(Outcome.APPLIED);
        assertThat(handle(inbox, database, unversioned("42", "b").build())).isEqualTo(Outcome.APPLIED);
        assertThat(handle(inbox, database, unversioned("42", "a").build())).isEqualTo(Outcome.DUPLICATE);
        assertThat(query(database, "select count(*) from inbox_seen")).containsExactly("2");
    }

    /** The handler's exception passes as it is, and a caller that commits all the same loses nothing. */
    @Test
    void anEventWhoseHandlerFailedIsNotHandledEvenIfTheCallerCommits() throws SQLException {
        for (Envelope event :
                new Envelope[] {user("42", 1).build(), unversioned("42", "a").build()}) {
            try (Connection tx = begin(database)) {
                assertThatThrownBy(() -> inbox.handle(tx, event, (connection, same) -> {
                            throw new IOException("the label printer is off");
                        }))
                        .isExactlyInstanceOf(IOException.class)
                        .hasNoSuppressedExceptions();
                tx.commit();
            }
            assertThat(handle(inbox, database, event)).isEqualTo(Outcome.APPLIED);
        }
    }

    @Test
    void aHandlerThatAbortedTheTransactionFailsWithItsOwnErrorOnly() throws SQLException {
        try (Connection tx = begin(database)) {
            assertThatThrownBy(() -> inbox.handle(
                            tx, unversioned("42", "a").build(), (connection, event) -> query(connection, "select 1/0")))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("22012"))
                    .hasNoSuppressedExceptions();
        }
    }

    @Test
    void autoCommitIsRefused() throws SQLException {
        try (Connection connection = database.connect()) {
            assertThatThrownBy(() -> inbox.handle(connection, user("42", 1).build(), Fixtures::effect))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("setAutoCommit(false)");
        }
    }

    @Test
    void aReplayIsDeduplicatedLikeAnyEventAndOtherRedeliveriesAreRefused() throws SQLException {
        handle(inbox, database, user("42", 1).build());
        assertThat(handle(inbox, database, user("42", 1).redelivery("replay:7").build()))
                .isEqualTo(Outcome.DUPLICATE);
        assertThat(handle(inbox, database, user("42", 2).redelivery("replay:7").build()))
                .isEqualTo(Outcome.APPLIED);
        assertThatThrownBy(() -> handle(
                        inbox, database, user("42", 3).redelivery("wish:7").build()))
                .isInstanceOf(UnsupportedRedelivery.class)
                .hasMessageContaining("only live events, replay:<job> and state:<job> are");
        assertThat(effects()).containsExactly("1", "2");
    }

    /** It stands for all up to its version, whichever they were; it is passed over if something newer was handled. */
    @Test
    void aStateIsHandledUnlessANewerVersionWasAndFillsEveryGap() throws SQLException {
        handle(inbox, database, user("42", 1).build());
        assertThat(handle(inbox, database, state(7))).isEqualTo(Outcome.APPLIED);
        assertThat(handle(inbox, database, state(7))).as("once more").isEqualTo(Outcome.APPLIED);
        assertThat(handle(inbox, database, state(6))).isEqualTo(Outcome.DUPLICATE);
        assertThat(handle(inbox, database, user("42", 5).build())).isEqualTo(Outcome.DUPLICATE);
        assertThat(handle(inbox, database, user("42", 7).build()))
                .as("whichever event has its version, the state has it")
                .isEqualTo(Outcome.DUPLICATE);
        assertThat(handle(inbox, database, user("42", 8).build())).as("no gap").isEqualTo(Outcome.APPLIED);
        assertThat(effects()).containsExactly("1", "7", "7", "8");
    }

    /** Of an aggregate that never had an event. */
    @Test
    void aStateMayBeTrueForNoVersionYet() throws SQLException {
        assertThat(handle(inbox, database, state(0))).isEqualTo(Outcome.APPLIED);
        assertThat(handle(inbox, database, user("42", 1).build())).isEqualTo(Outcome.APPLIED);
        assertThatThrownBy(() -> handle(
                        inbox,
                        database,
                        unversioned("42", "a").redelivery("state:7").build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must say the version that it is true for");
    }

    /** The source went back to before the aggregate was there, and its state says so. */
    @Test
    void whatWasBeforeAStateOfANewEpochIsStaleEvenIfTheStateHasNoVersion() throws SQLException {
        handle(inbox, database, user("42", 1).build());
        Envelope gone = state(0).toBuilder().sourceEpoch(1).build();
        try (Connection tx = begin(database)) {
            assertThat(inbox.handle(tx, gone, (connection, event) -> {})).isEqualTo(Outcome.APPLIED);
            tx.commit();
        }
        assertThat(handle(inbox, database, user("42", 1).build())).isEqualTo(Outcome.STALE);
        assertThat(handle(inbox, database, user("42", 2).build())).isEqualTo(Outcome.STALE);
        assertThat(effects()).containsExactly("1");
        assertThat(handle(
                        inbox,
                        database,
                        user("42", 1).id(Fixtures.uuid("anew")).sourceEpoch(1).build()))
                .isEqualTo(Outcome.APPLIED);
        assertThat(effects()).containsExactly("1", "1");
    }

    private static Envelope state(long version) {
        return user("42", version)
                .id(new UUID(7, version))
                .redelivery("state:7")
                .build();
    }

    @Test
    void theWaitForAnotherDeliveryIsBounded() throws SQLException {
        Inbox hasty =
                Inbox.builder("shipping").lockTimeout(Duration.ofMillis(50)).build();
        for (Envelope event :
                new Envelope[] {user("42", 1).build(), unversioned("42", "a").build()}) {
            try (Connection first = begin(database)) {
                inbox.handle(first, event, Fixtures::effect);
                assertThatThrownBy(() -> handle(hasty, database, event))
                        .isInstanceOfSatisfying(
                                InboxLocked.class,
                                e -> assertThat(e.getSQLState()).isEqualTo("55P03"))
                        .hasMessageContaining("more than 50 ms");
            }
        }
    }

    @Test
    void neitherTheHandlerNorTheCallerFeelsTheBoundOfTheWait() throws SQLException {
        for (Envelope event : new Envelope[] {
            user("42", 1).build(), user("42", 1).build(), unversioned("42", "a").build()
        }) {
            try (Connection tx = begin(database)) {
                query(tx, "select set_config('lock_timeout', '17s', true)");
                inbox.handle(
                        tx,
                        event,
                        (connection, same) -> assertThat(query(connection, "show lock_timeout"))
                                .containsExactly("17s"));
                assertThat(query(tx, "show lock_timeout")).containsExactly("17s");
                tx.commit();
                assertThat(query(tx, "show lock_timeout")).containsExactly("0");
            }
        }
    }

    @Test
    void aHandlerThatRemovesTheWatermarkIsFoundOut() throws SQLException {
        try (Connection tx = begin(database)) {
            assertThatThrownBy(() -> inbox.handle(tx, user("42", 1).build(), (connection, event) -> {
                        connection.createStatement().execute("delete from inbox_watermark");
                    }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("leave inbox_watermark alone");
        }
    }

    @Test
    void aDatabaseWithoutTheTablesSaysWhatToApply() throws SQLException {
        database.run("drop table inbox_watermark, inbox_seen");
        for (Envelope event :
                new Envelope[] {user("42", 1).build(), unversioned("42", "a").build()}) {
            assertThatThrownBy(() -> handle(inbox, database, event)).hasMessageContaining("apply V003__inbox.sql");
        }
    }

    @Test
    void badSettingsAreRefusedWithWhatIsAllowed() {
        assertThatThrownBy(() -> Inbox.of("Ship ping")).hasMessageContaining("must match [a-z][a-z0-9-]{0,62}");
        assertThatThrownBy(() -> Inbox.builder("a").lockTimeout(Duration.ZERO).build())
                .hasMessageContaining("from 1 ms to 1 h");
        assertThatThrownBy(() -> handle(inbox, database, user("42", 0).build()))
                .hasMessageContaining("must be 1 or more");
    }

    private List<String> effects() throws SQLException {
        return query(database, "select version from effect order by n");
    }
}
