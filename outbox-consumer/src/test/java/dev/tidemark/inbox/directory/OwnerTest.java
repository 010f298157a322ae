package dev.tidemark.inbox.directory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.envelope.Receipts;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An owner that is down, slow, refuses, or is asked by many. */
@Timeout(300)
@ExtendWith(PostgresExtension.class)
final class OwnerTest extends Lookups {

    OwnerTest(Database database) {
        super(database);
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 503, 429, 408})
    void anOwnerThatIsDownIsAskedAgainAndThenTheStaleValueIsMarked(int status) throws Exception {
        replicate("42", 1, "Ada");
        api.status = status;
        Directory<String, String> names = directory(b -> b.retries(2));

        Found<String> found = names.find("42", receipt("42", 2));

        assertStale(
                found,
                "Ada",
                "user_replica is behind the receipt, and its owner cannot be asked: it answered " + status);
        assertThat(found.version()).isEqualTo(1);
        assertThat(found.age()).isEqualTo(Duration.ZERO);
        assertThat(api.asked).hasSize(3);
    }

    @Test
    void orAnErrorAsTheCallerChose() throws Exception {
        replicate("42", 1, "Ada");
        clock.advance(MINUTE);
        api.status = 500;
        Directory<String, String> names =
                directory(b -> b.whenDown(WhenDown.FAIL).maxStaleness(SHORT));

        assertThatThrownBy(() -> names.find("42"))
                .isInstanceOf(OwnerUnavailable.class)
                .hasMessage("user_replica is older than was asked for, and its owner cannot be asked: it answered 500");
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 302, 204})
    void anOwnerThatRefusesIsNotAskedAgainAndNotTakenToBeDown(int status) throws Exception {
        api.status = status;
        Directory<String, String> names = directory(b -> b.circuit(1, PATIENCE));

        assertStale(names.find("42"), null, "user_replica has no such row, .*: it answered " + status);
        api.status = 200;
        assertFound(names.find("42"), "owner's", 1, Origin.OWNER);
        assertThat(api.asked).hasSize(2);
    }

    @Test
    void anAnswerThatIsTooLargeOrCannotBeReadIsOfNoUse() throws Exception {
        api.name = "x".repeat(21);
        assertStale(directory(b -> b).find("42"), null, ".*: it answered with more than 20 bytes");

        HttpOwner<String, String> unreadable = HttpOwner.<String, String>builder()
                .client(http)
                .uri(api::user)
                .reader(body -> {
                    throw new IllegalStateException("has the payload in it");
                })
                .build();
        assertStale(
                builder().owner(unreadable).build().find("42"),
                null,
                ".*: its answer could not be read: java.lang.IllegalStateException");
    }

    @Test
    void anOwnerThatIsDownIsLeftAloneForAWhile() throws Exception {
        api.status = 500;
        Directory<String, String> names = directory(b -> b.retries(0).circuit(3, Duration.ofMillis(500)));
        for (int i = 0; i < 3; i++) {
            names.find("42");
        }
        int askedBefore = api.asked.size();
        assertThat(askedBefore).isEqualTo(3);

        api.status = 200;
        Awaitility.await()
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(names.find("42").origin()).isEqualTo(Origin.OWNER));
    }

    @Test
    void nothingIsAskedWhileItIsLeftAlone() throws Exception {
        api.status = 500;
        Directory<String, String> names = directory(b -> b.retries(0).circuit(3, Duration.ofHours(1)));
        for (int i = 0; i < 3; i++) {
            names.find("42");
        }
        api.status = 200;

        assertStale(names.find("42"), null, ".*: it did not answer before, and is left alone for a while");
        assertThat(api.asked).hasSize(3);
    }

    @Test
    void anOwnerThatIsSlowIsNotWaitedFor() throws Exception {
        api.gate = new CountDownLatch(1);
        Directory<String, String> names = directory(b -> b.timeout(Duration.ofMillis(200)));

        assertStale(names.find("42"), null, ".*: it did not answer within PT0.2S");
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void anOwnerThatStopsInTheMiddleIsNotWaitedFor() throws Exception {
        api.stallsInBody = true;
        Directory<String, String> names =
                directory(b -> b.timeout(Duration.ofMillis(200)).retries(0));

        assertStale(names.find("42"), null, ".*: it did not answer within PT0.2S");
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void noMoreThanSoManyAskAtOnce() throws Exception {
        Directory<String, String> names = directory(b -> b.atOnce(2));
        List<Future<Found<String>>> all = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            String id = "u" + i;
            all.add(threads.submit(() -> names.find(id)));
        }

        for (Future<Found<String>> one : all) {
            assertFound(one.get(), "owner's", 1, Origin.OWNER);
        }
        assertThat(api.most.get()).isLessThanOrEqualTo(2);
    }

    /** Those who are refused because others wait say nothing of the owner, and must not hide that it is down. */
    @Test
    void anOwnerThatHangsIsLeftAloneHoweverManyAsk() throws Exception {
        api.gate = new CountDownLatch(1);
        Directory<String, String> names = directory(
                b -> b.timeout(Duration.ofMillis(200)).retries(0).atOnce(1).circuit(3, Duration.ofHours(1)));
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            String id = "u" + i;
            all.add(threads.submit(() -> {
                String reason = "";
                while (!reason.endsWith("is left alone for a while")) {
                    reason = String.valueOf(names.find(id).reason());
                }
                return reason;
            }));
        }

        for (Future<?> one : all) {
            one.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    @Test
    void whoAsksForTheSameAtTheSameTimeSharesOneRequest() throws Exception {
        api.gate = new CountDownLatch(1);
        Directory<String, String> names = directory(b -> b);
        List<Future<Found<String>>> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(threads.submit(() -> names.find("42")));
        }
        Awaitility.await().atMost(PATIENCE).until(() -> api.asked.size() == 1);
        Future<Found<String>> other = threads.submit(() -> names.find("43"));
        Awaitility.await().atMost(PATIENCE).until(() -> api.asked.size() == 2);

        api.gate.countDown();

        for (Future<Found<String>> one : all) {
            assertThat(one.get().value()).contains("owner's");
        }
        assertThat(other.get().value()).contains("owner's");
        assertThat(api.asked.stream().filter("/users/42 Bearer s3cret"::equals)).hasSizeLessThan(20);
    }

    /** The answer to a request that was made before somebody wrote may be from before the write. */
    @Test
    void whoHasWrittenSharesNoRequestThatBeganBefore() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        api.gate = gate;
        api.name = "before";
        Directory<String, String> names = directory(b -> b.patience(Duration.ZERO));
        Future<Found<String>> before = threads.submit(() -> names.find("42"));
        Awaitility.await().atMost(PATIENCE).until(() -> api.asked.size() == 1);
        api.name = "after";
        api.etag = "\"2\"";
        Future<Found<String>> after = threads.submit(() -> names.find("42", receipt("42", 2)));
        Future<Found<String>> now = threads.submit(() -> names.find("42", Receipts.none(), Duration.ZERO));

        gate.countDown();

        assertThat(before.get().value()).contains("before");
        assertThat(after.get().value()).contains("after");
        assertThat(now.get().value()).contains("after");
    }

    @Test
    void whoIsInterruptedAsksNoMore() throws Exception {
        api.gate = new CountDownLatch(1);
        Directory<String, String> names = directory(b -> b);
        Future<Found<String>> asking = threads.submit(() -> names.find("42"));
        Awaitility.await().atMost(PATIENCE).until(() -> api.asked.size() == 1);
        Future<Found<String>> sharing = threads.submit(() -> names.find("42"));

        asking.cancel(true);

        Awaitility.await().atMost(PATIENCE).until(() -> api.asked.size() == 2);
        api.gate.countDown();
        assertThat(sharing.get().value()).contains("owner's");
    }

    @Test
    void aMistakeOfOurOwnIsNoOwnerThatIsDown() {
        Directory<String, String> names = builder()
                .owner(key -> {
                    throw new IllegalStateException("a mistake");
                })
                .build();

        assertThatThrownBy(() -> names.find("42"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a mistake");
    }

    @Test
    void sharingIsNoReasonToMissAFailure() throws Exception {
        api.gate = new CountDownLatch(1);
        api.status = 500;
        Directory<String, String> names = directory(b -> b.retries(0).whenDown(WhenDown.FAIL));
        Future<Found<String>> first = threads.submit(() -> names.find("42"));
        Awaitility.await().atMost(PATIENCE).until(() -> api.asked.size() == 1);
        Future<Found<String>> second = threads.submit(() -> names.find("42"));

        api.gate.countDown();

        for (Future<Found<String>> one : List.of(first, second)) {
            assertThatThrownBy(one::get)
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(OwnerUnavailable.class);
        }
    }
}
