package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.OCCURRED;
import static dev.tidemark.inbox.Fixtures.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.envelope.Receipt;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.ManualClock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class FreshnessTest {

    private final ManualClock clock = ManualClock.startingAt(OCCURRED);
    private final Heard heard = new Heard();
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final InboxMetrics metrics = new InboxMetrics(registry, "reporting");
    private final Inbox inbox = Inbox.builder("reporting")
            .listener(InboxListener.all(heard, metrics))
            .clock(clock)
            .build();
    private Database database;
    private ReadModel users;

    @BeforeEach
    void createDatabase() throws Exception {
        database = Fixtures.database();
        users = ReadModel.table("user_replica")
                .key("user_id")
                .version("version")
                .inbox(inbox)
                .dataSource(database.dataSource())
                .follows("users", "user")
                .follows("users", "heartbeat")
                .build();
        metrics.age(users);
    }

    private Outcome handle(Envelope event) throws Exception {
        Outcome outcome = Fixtures.handle(inbox, database, event);
        inbox.committed(event, outcome);
        return outcome;
    }

    private static Envelope.Builder of(String source, String type) {
        return user("1", 1).aggregate(new Aggregate(source, "", type, "1"));
    }

    @Test
    void nothingIsKnownBeforeTheFirstEvent() {
        assertThat(users.freshness()).isEqualTo(new Freshness(null, null, null));
        assertThat(users.freshness().isOlderThan(Duration.ofDays(1))).isTrue();
        assertThat(registry.get("tidemark.readmodel.age").timeGauge().value()).isNaN();
    }

    @Test
    void theAgeIsThatOfTheNewestEventAndTheLagThatOfTheLast() throws Exception {
        clock.advance(Duration.ofSeconds(2));
        handle(user("42", 1).build());
        clock.advance(Duration.ofSeconds(3));
        assertThat(users.freshness()).isEqualTo(new Freshness(OCCURRED, Duration.ofSeconds(5), Duration.ofSeconds(2)));
        assertThat(users.freshness().isOlderThan(Duration.ofSeconds(5))).isFalse();
        assertThat(users.freshness().isOlderThan(Duration.ofSeconds(4))).isTrue();

        handle(user("43", 1).time(OCCURRED.minusSeconds(60)).build());
        assertThat(users.freshness()).isEqualTo(new Freshness(OCCURRED, Duration.ofSeconds(5), Duration.ofSeconds(65)));
        assertThat(heard.lines).contains("followed user_replica 1 after PT2S");
    }

    @Test
    void aSourceThatSaysSomethingNowAndThenKeepsTheAgeSmall() throws Exception {
        handle(user("42", 1).build());
        clock.advance(Duration.ofMinutes(5));
        handle(of("users", "heartbeat").time(clock.instant()).build());

        assertThat(users.freshness().age()).isEqualTo(Duration.ZERO);
    }

    @Test
    void whatItDoesNotFollowIsNotItsOwn() throws Exception {
        handle(of("orders", "user").build());
        handle(of("users", "group").build());

        assertThat(users.freshness().newest()).isNull();
    }

    @Test
    void aRedeliveryIsLateOnPurpose() throws Exception {
        clock.advance(Duration.ofHours(1));
        handle(user("42", 1).redelivery("replay:7").build());
        handle(user("42", 1).build());

        assertThat(users.freshness().newest()).isEqualTo(OCCURRED);
        assertThat(users.freshness().lag()).isNull();
    }

    @Test
    void aClockThatIsAheadMakesNothingFreshForLong() throws Exception {
        handle(user("42", 1).time(OCCURRED.plus(Duration.ofDays(365))).build());
        assertThat(users.freshness().newest()).isEqualTo(OCCURRED);
        clock.advance(Duration.ofMinutes(5));
        assertThat(users.freshness().isOlderThan(Duration.ofMinutes(1))).isTrue();
        assertThat(registry.get("tidemark.readmodel.age").timeGauge().value(TimeUnit.SECONDS))
                .isEqualTo(300);
    }

    /** It has the time at which it was read, and events of others that are older may be behind it. */
    @Test
    void aStateSaysNothingOfHowNewAllIs() throws Exception {
        handle(user("42", 1).build());
        clock.advance(Duration.ofHours(1));
        handle(user("42", 1)
                .id(Fixtures.uuid("state"))
                .redelivery("state:7")
                .time(clock.instant())
                .build());
        assertThat(users.freshness().newest()).isEqualTo(OCCURRED);
    }

    @Test
    void anEventFromBeforeTheSourceWentBackSaysNothing() throws Exception {
        handle(user("42", 1).sourceEpoch(1).time(OCCURRED.minusSeconds(9)).build());
        handle(user("42", 2).build());

        assertThat(users.freshness().newest()).isEqualTo(OCCURRED.minusSeconds(9));
    }

    @Test
    void metersHaveNamesThatDoNotChange() throws Exception {
        clock.advance(Duration.ofSeconds(2));
        handle(user("42", 1).build());
        handle(user("42", 1).build());
        handle(user("42", 5).build());
        users.await(Receipt.ofVersion(user("42", 5).build().aggregate(), 5), Duration.ZERO);
        users.await(Receipt.ofVersion(user("42", 5).build().aggregate(), 6), Duration.ZERO);

        assertThat(count("applied")).isEqualTo(2);
        assertThat(count("duplicate")).isEqualTo(1);
        assertThat(count("failed")).isZero();
        assertThat(registry.get("tidemark.inbox.gaps").counter().count()).isEqualTo(1);
        assertThat(registry.get("tidemark.readmodel.lag")
                        .tag("readmodel", "user_replica")
                        .timer()
                        .totalTime(TimeUnit.SECONDS))
                .isEqualTo(4);
        assertThat(registry.get("tidemark.readmodel.age").timeGauge().value(TimeUnit.SECONDS))
                .isEqualTo(2);
        assertThat(registry.get("tidemark.readmodel.await")
                        .tag("reached", "true")
                        .timer()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("tidemark.readmodel.await")
                        .tag("reached", "false")
                        .timer()
                        .count())
                .isEqualTo(1);
    }

    private double count(String outcome) {
        return registry.get("tidemark.inbox.events")
                .tag("outcome", outcome)
                .counter()
                .count();
    }
}
