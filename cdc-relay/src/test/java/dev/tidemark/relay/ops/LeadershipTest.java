package dev.tidemark.relay.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tidemark.relay.Patience;
import dev.tidemark.relay.capture.SourceProblem;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.ManualClock;
import dev.tidemark.testkit.PostgresExtension;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** With a real server, which holds the lock; the clock is turned by hand where time matters. */
@ExtendWith(PostgresExtension.class)
class LeadershipTest {

    private static final Duration LEASE = Duration.ofSeconds(10);
    private static final String END_SESSIONS =
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted";

    private final ManualClock clock = ManualClock.startingAt(Instant.EPOCH);
    private final CountDownLatch stop = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<HeldTerm> terms = new ArrayList<>();
    private Database database;

    @BeforeEach
    void register(Database fresh) throws Exception {
        database = fresh;
        database.runResource("dev/tidemark/sql/V002__relay.sql");
        database.run("insert into tidemark.relay (slot, publication, outbox, system_identifier, timeline)"
                + " values ('" + slot() + "', 'tidemark_outbox', 'public.outbox', '1', 1)");
    }

    @AfterEach
    void stop() {
        stop.countDown();
        terms.forEach(HeldTerm::close);
        threads.shutdown();
    }

    @Test
    void ofTwoRelaysOneLeadsAndTheOtherTakesOverWithAHigherEpochWhenTheFirstIsGone() throws Exception {
        HeldTerm first = lead(leadership(LEASE));
        Leadership other = leadership(LEASE);
        CompletableFuture<Optional<HeldTerm>> second = acquire(other);
        await().until(other::standingBy);
        assertThat(second).isNotDone();

        first.close();
        await().until(second::isDone);

        HeldTerm successor = kept(second);
        assertThat(successor.epoch()).isEqualTo(first.epoch() + 1);
        assertThat(successor.held()).isTrue();
        assertThat(first.held()).isFalse();
        assertThat(other.standingBy()).isFalse();
    }

    @Test
    void theServerGivesTheLockOfASilentLeaderToTheStandby() throws Exception {
        HeldTerm frozen = lead(leadership(Duration.ofSeconds(2))); // never pinged, as a frozen process never does
        CompletableFuture<Optional<HeldTerm>> second = acquire(leadership(LEASE));
        await().until(second::isDone);
        assertThat(kept(second).epoch()).isEqualTo(frozen.epoch() + 1);
        assertThat(frozen.ping()).isFalse();
        assertThat(frozen.held()).isFalse();
    }

    @Test
    void aTermIsHeldForOneLeaseAfterTheBeginOfTheLastPing() throws Exception {
        HeldTerm term = lead(leadership(LEASE));
        clock.advance(LEASE.minusNanos(1));
        assertThat(term.held()).isTrue();
        assertThat(term.ping()).isTrue();
        clock.advance(LEASE.minusNanos(1));
        assertThat(term.held()).isTrue();
        clock.advance(Duration.ofNanos(1));
        assertThat(term.held()).isFalse();
    }

    @Test
    void aLeaseThatRanOutIsNotTakenUpAgainThoughTheSessionStillLives() throws Exception {
        HeldTerm term = lead(leadership(LEASE));
        clock.advance(LEASE);
        assertThat(term.ping()).isFalse();
        assertThat(term.held()).isFalse();
    }

    @Test
    void aJumpOfTheTimeOfDayChangesNothing() throws Exception {
        HeldTerm term = lead(leadership(LEASE));
        clock.jump(Duration.ofDays(3));
        assertThat(term.held()).isTrue();
        clock.jump(Duration.ofDays(-6));
        assertThat(term.ping()).isTrue();
    }

    @Test
    void aKeptTermOutlivesItsLeaseAndTellsOnceWhenItsSessionIsEnded() throws Exception {
        Duration lease = Duration.ofSeconds(8); // a machine may stand still for most of it
        Leadership leadership = new Leadership(connector(), slot(), lease, System::nanoTime, connection -> {});
        HeldTerm term = lead(leadership);
        AtomicInteger losses = new AtomicInteger();
        long epoch = term.epoch();
        long begun = System.nanoTime();
        term.keep(losses::incrementAndGet);
        await().until(() -> System.nanoTime() - begun > lease.plusSeconds(1).toNanos());
        assertThat(term.held()).isTrue();

        database.run(END_SESSIONS + " and objid is not null and database = (select oid from pg_database where datname ="
                + " current_database())");
        await().until(() -> losses.get() > 0);
        assertThat(term.held()).isFalse();
        assertThat(lead(leadership).epoch()).isEqualTo(epoch + 1);
        assertThat(losses).hasValue(1);
    }

    @Test
    void aSlotThatIsNotRegisteredIsAProblemOfTheSource() throws Exception {
        database.run("delete from tidemark.relay");
        assertThatThrownBy(() -> leadership(LEASE).acquire(stop, reason -> {}))
                .isInstanceOf(SourceProblem.class)
                .hasMessageContaining("not registered")
                .hasMessageContaining("tidemark migrate");
    }

    @Test
    void anEpochThatFellMeansThatAnOlderCopyCameBack() throws Exception {
        Leadership leadership = leadership(LEASE);
        lead(leadership).close();
        lead(leadership).close();
        database.run("update tidemark.relay set epoch = epoch - 2");
        assertThatThrownBy(() -> leadership.acquire(stop, reason -> {}))
                .isInstanceOf(SourceProblem.class)
                .hasMessageContaining("the database went back")
                .hasMessageContaining("tidemark adopt-restore");
    }

    @Test
    void aStandbyNoticesThatAnOlderCopyCameBack() throws Exception {
        lead(leadership(LEASE));
        Leadership other = leadership(LEASE);
        CompletableFuture<Optional<HeldTerm>> second = acquire(other);
        await().until(other::standingBy);
        database.run("update tidemark.relay set epoch = epoch - 1");
        assertThat(second)
                .failsWithin(Patience.BOUND)
                .withThrowableThat()
                .withMessageContaining("the database went back");
    }

    private Leadership leadership(Duration lease) {
        return new Leadership(connector(), slot(), lease, clock::nanoTime, connection -> {});
    }

    private HeldTerm lead(Leadership leadership) throws SourceProblem, InterruptedException {
        HeldTerm term = leadership.acquire(stop, reason -> {}).orElseThrow();
        terms.add(term);
        return term;
    }

    private CompletableFuture<Optional<HeldTerm>> acquire(Leadership leadership) {
        CompletableFuture<Optional<HeldTerm>> result = new CompletableFuture<>();
        threads.execute(() -> {
            try {
                result.complete(leadership.acquire(stop, reason -> {}));
            } catch (SourceProblem | InterruptedException | RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    private HeldTerm kept(CompletableFuture<Optional<HeldTerm>> acquired) {
        HeldTerm term = acquired.join().orElseThrow();
        terms.add(term);
        return term;
    }

    private Connector connector() {
        return () -> database.connect();
    }

    private String slot() {
        return "slot_" + database.name();
    }
}
