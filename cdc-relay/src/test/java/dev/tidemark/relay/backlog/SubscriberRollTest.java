package dev.tidemark.relay.backlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.relay.backlog.SubscriberRoll.Member;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(PostgresExtension.class)
class SubscriberRollTest {

    private static final Member SHIPPING = new Member("shipping", "aggregatetypes=[order]", false);
    private static final Member MAIL = new Member("mail", "aggregatetypes=[*]", false);

    private BacklogRows rows = new BacklogRows(new Database("", "", "", ""));
    private Connections asRelay = () -> rows.database().connect();
    private SubscriberRoll roll = new SubscriberRoll(asRelay, BacklogRows.SLOT);

    @BeforeEach
    void prepare(Database database) throws SQLException {
        rows = BacklogRows.in(database);
        database.run("alter role tidemark_relay password 'relay'");
        asRelay = database.as("tidemark_relay", "relay")::connect;
        roll = new SubscriberRoll(asRelay, BacklogRows.SLOT);
    }

    @Test
    void newOnesAreRememberedAndKnownOnesLeftAlone() throws Exception {
        roll.check(1, List.of(SHIPPING, MAIL));
        String since = since("shipping");
        roll.check(1, List.of(SHIPPING, MAIL));

        assertThat(all()).isEqualTo("mail active aggregatetypes=[*], shipping active aggregatetypes=[order]");
        assertThat(since("shipping")).isEqualTo(since);
    }

    @Test
    void oneThatIsMissingKeepsTheRelayFromStarting() throws Exception {
        roll.check(1, List.of(SHIPPING, MAIL));

        assertThatThrownBy(() -> roll.check(1, List.of(new Member("billing", "x", false), MAIL)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not in the configuration: shipping (since 20")
                .hasMessageEndingWith("tidemark retire --config relay.yaml --subscriber shipping");
        assertThat(all()).as("nothing was changed").startsWith("mail active").doesNotContain("billing");
    }

    @Test
    void aRetiredOneMayBeMissingAndComesBackActive() throws Exception {
        roll.check(1, List.of(SHIPPING, MAIL));
        String since = since("shipping");
        Retirement retirement = new Retirement(asRelay, asRelay, BacklogRows.SLOT);

        assertThat(retirement.retire("shipping", false)).isEqualTo(new Retirement.Retired(false, 0, 0, false));
        assertThat(retirement.retire("shipping", false).before()).isTrue();
        roll.check(1, List.of(MAIL));
        assertThat(all()).contains("shipping retired");
        roll.check(1, List.of(SHIPPING, MAIL));
        assertThat(all()).contains("shipping active");
        assertThat(since("shipping")).isGreaterThan(since);
    }

    @Test
    void aChangedFilterIsRemembered() throws Exception {
        roll.check(1, List.of(SHIPPING));
        String since = since("shipping");
        roll.check(1, List.of(new Member("shipping", "aggregatetypes=[*]", false)));

        assertThat(all()).isEqualTo("shipping active aggregatetypes=[*]");
        assertThat(since("shipping")).isEqualTo(since);
    }

    @Test
    void aNewOneThatBeginsWithWhatIsRetainedIsLoadingUntilThatIsStored() throws Exception {
        Member late = new Member("late", "x", true);
        assertThat(roll.check(1, List.of(SHIPPING, late))).containsExactly("late");
        assertThat(roll.check(1, List.of(SHIPPING, new Member("late", "x", false))))
                .as("the setting is read once")
                .containsExactly("late");

        new Beginning(Databases.one(rows.database().dataSource()), BacklogRows.SLOT, 1, null, "late", null).end();
        assertThat(roll.check(1, List.of(SHIPPING, late))).isEmpty();
        assertThat(roll.check(1, List.of(new Member("shipping", SHIPPING.filter(), true), late)))
                .as("it is registered already")
                .isEmpty();
    }

    @Test
    void whileItIsLoadingItsFilterMayNotChange() throws Exception {
        roll.check(1, List.of(new Member("late", "x", true)));

        assertThatThrownBy(() -> roll.check(1, List.of(new Member("late", "y", true))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("late has another filter: y, but what it begins with is still being stored")
                .hasMessageContaining("tidemark retire");
        assertThat(all()).isEqualTo("late active x");
    }

    @Test
    void oneThatIsRetiredWhileItIsLoadingDoesNotGoOnWithThatWhenItComesBack() throws Exception {
        Member late = new Member("late", "x", true);
        roll.check(1, List.of(late));
        new Retirement(asRelay, asRelay, BacklogRows.SLOT).retire("late", false);

        assertThat(roll.check(1, List.of(late))).isEmpty();
    }

    @Test
    void aDatabaseThatWasNotMigratedSaysSo() throws Exception {
        rows.database().run("alter table tidemark.subscriber drop column loading");

        assertThatThrownBy(() -> roll.check(1, List.of(SHIPPING)))
                .isInstanceOf(BacklogException.class)
                .hasMessageEndingWith("apply V006__start.sql by \"tidemark migrate\"");
    }

    @Test
    void onlyTheRelayThatLeadsWrites() {
        assertThatThrownBy(() -> roll.check(0, List.of(SHIPPING))).isInstanceOf(FencedException.class);
        assertThatThrownBy(() -> new SubscriberRoll(asRelay, "another").check(1, List.of(SHIPPING)))
                .isInstanceOf(FencedException.class);
    }

    @Test
    void subscribersOfAnotherSlotAreNotMissing() throws Exception {
        rows.database().run("insert into tidemark.subscriber (slot, name, filter) values ('another', 'billing', 'x')");

        roll.check(1, List.of(SHIPPING));
        assertThat(all()).isEqualTo("billing active x, shipping active aggregatetypes=[order]");
    }

    @Test
    void aBacklogIsNotLostByRetiringUnlessThatIsSaid() throws Exception {
        roll.check(1, List.of(SHIPPING, MAIL));
        rows.waiting("shipping", "1", 2);
        rows.dead("shipping", "1", 1, "answered 400");
        rows.undecodable("shipping", "what?");
        rows.dead("mail", "1", 1, "answered 400");
        BacklogAdmin admin = new BacklogAdmin(asRelay, BacklogRows.SLOT);
        admin.request("shipping", Command.Verb.RETRY, Selection.all());
        Retirement retirement = new Retirement(asRelay, asRelay, BacklogRows.SLOT);

        assertThatThrownBy(() -> retirement.retire("shipping", false))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("has 1 waiting and 2 dead events", "--drop-backlog");
        assertThat(all()).contains("shipping active");

        assertThat(retirement.retire("shipping", true)).isEqualTo(new Retirement.Retired(false, 1, 2, false));
        assertThat(rows.single("select string_agg(distinct subscriber || state || coalesce(outcome, ''), ' ' order by"
                        + " subscriber || state || coalesce(outcome, '')) from tidemark.backlog"))
                .isEqualTo("maildead shippingsettleddropped");
        assertThat(rows.single("select count(*) from tidemark.backlog where subscriber = 'shipping'"
                        + " and (envelope is not null or raw is not null or bytes > 0 or settled_at is null)"))
                .isEqualTo("0");
        assertThat(rows.single("select state || ': ' || answer from tidemark.command"))
                .isEqualTo("failed: the subscriber was retired");
        assertThat(admin.list("mail", Set.of(State.DEAD), Selection.all(), 0, 9))
                .hasSize(1);
    }

    @Test
    void whoIsNotKnownCannotBeRetired() throws Exception {
        Retirement retirement = new Retirement(asRelay, asRelay, BacklogRows.SLOT);
        assertThatThrownBy(() -> retirement.retire("shiping", false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("none is registered yet");
        roll.check(1, List.of(SHIPPING));
        assertThatThrownBy(() -> retirement.retire("shiping", false)).hasMessageContaining("known are: shipping");
    }

    private String all() throws SQLException {
        return rows.single("select string_agg(name || ' ' || state || ' ' || filter, ', ' order by name)"
                + " from tidemark.subscriber");
    }

    private String since(String name) throws SQLException {
        return rows.single(
                "select to_char(since, 'YYYYMMDDHH24MISSUS') from tidemark.subscriber where name = '" + name + "'");
    }
}
