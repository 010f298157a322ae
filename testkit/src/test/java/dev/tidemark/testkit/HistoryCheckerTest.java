package dev.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each fault, one at a time, in a history that is clean otherwise: it is found, named, and nothing else is. */
class HistoryCheckerTest {

    private static final String AGGREGATE = "orders/order/42";

    private final HistoryChecker checker = new HistoryChecker().subscriber("shipping");
    private final List<UUID> ids = new ArrayList<>();

    /** Five events, the first three of which were delivered and took effect. */
    @BeforeEach
    void history() {
        for (long version = 1; version <= 5; version++) {
            ids.add(new UUID(0, version));
            checker.wrote(ids.get((int) version - 1), AGGREGATE, version, Outcome.COMMITTED);
        }
        deliver(1);
        deliver(2);
        deliver(3);
    }

    @Test
    void aCleanHistoryIsClean() {
        assertThat(checker.isComplete()).isFalse();
        deliver(4);
        deliver(5);
        Report report = checker.report();
        assertThat(checker.isComplete()).isTrue();
        assertThat(report.isClean()).as(report.toString()).isTrue();
        assertThat(report.summary()).isEqualTo("written=5 delivered=5 lost=0 reordered=0 duplicates=0 effects-twice=0");
        assertThat(report).hasToString(report.summary());
    }

    @Test
    void aLostEventIsNamed() {
        deliver(4);
        Report report = onlyProblem(1);
        assertThat(report.lost())
                .containsExactly("shipping did not get orders/order/42@5 (00000000-0000-0000-0000-000000000005)");
        assertThat(report.toString()).contains("lost, 1:\n  - shipping did not get");
    }

    @Test
    void everyEventIsLostForASubscriberThatGotNone() {
        deliver(4);
        deliver(5);
        checker.subscriber("billing");
        assertThat(onlyProblem(5).lost()).hasSize(5).allMatch(line -> line.startsWith("billing did not get"));
        assertThat(checker.isComplete()).isFalse();
    }

    @Test
    void swappedEventsAreReordered() {
        deliver(5);
        deliver(4);
        assertThat(onlyProblem(2).reordered())
                .containsExactly(
                        "shipping got orders/order/42@4 (00000000-0000-0000-0000-000000000004) after @5",
                        "shipping got orders/order/42@4 last, though it had got @5");
    }

    @Test
    void aRedeliveryUpToTheNewestIsADuplicateAndNothingElse() {
        deliver(4);
        deliver(5);
        redeliver(4);
        redeliver(5);
        Report report = checker.report();
        assertThat(report.isClean()).as(report.toString()).isTrue();
        assertThat(report.duplicates()).isEqualTo(2);
        assertThat(report.delivered()).isEqualTo(5);
    }

    @Test
    void aRedeliveryThatEndsWithAnOldEventIsReordered() {
        deliver(4);
        deliver(5);
        redeliver(4);
        assertThat(onlyProblem(1).reordered()).singleElement().asString().contains("@4 last, though it had got @5");
    }

    @Test
    void anEffectThatHappenedTwiceIsNamed() {
        deliver(4);
        deliver(5);
        checker.tookEffect("shipping", ids.get(4));
        assertThat(onlyProblem(1).effectsTwice())
                .containsExactly(
                        "orders/order/42@5 (00000000-0000-0000-0000-000000000005) took effect 2 times at shipping");
    }

    @Test
    void anEventWithoutEffectIsNamed() {
        deliver(4);
        redeliver(5);
        assertThat(onlyProblem(1).withoutEffect()).singleElement().asString().contains("@5");
    }

    @Test
    void anEventOfARolledBackTransactionMustNotArrive() {
        deliver(4);
        deliver(5);
        UUID phantom = new UUID(0, 6);
        checker.wrote(phantom, AGGREGATE, 6L, Outcome.ROLLED_BACK);
        assertThat(checker.report().isClean()).isTrue();
        checker.delivered("shipping", phantom, AGGREGATE, 6L);
        assertThat(onlyProblem(1).rolledBack()).singleElement().asString().contains("@6");
    }

    @Test
    void anEventThatNobodyWroteIsUnexpected() {
        deliver(4);
        deliver(5);
        checker.delivered("shipping", new UUID(0, 77), AGGREGATE, 6L);
        assertThat(onlyProblem(1).unexpected()).singleElement().asString().contains("which nobody wrote");
    }

    @Test
    void anEventBesideTheFilterIsUnexpectedAndNotLost() {
        deliver(4);
        deliver(5);
        checker.subscriber("billing", event -> event.aggregate().startsWith("orders/invoice/"));
        assertThat(checker.report().isClean()).isTrue();
        checker.delivered("billing", ids.get(0), AGGREGATE, 1L);
        assertThat(onlyProblem(1).unexpected()).singleElement().asString().contains("which it does not want");
    }

    @Test
    void anUnknownOutcomeMustBeResolvedAndThenCounts() {
        deliver(4);
        deliver(5);
        UUID unknown = new UUID(0, 6);
        checker.wrote(unknown, AGGREGATE, 6L, Outcome.UNKNOWN);
        assertThat(onlyProblem(1).unresolved()).singleElement().asString().contains("@6");
        checker.resolve(unknown, Outcome.COMMITTED);
        assertThat(onlyProblem(1).lost()).singleElement().asString().contains("@6");
        assertThatThrownBy(() -> checker.resolve(new UUID(1, 1), Outcome.COMMITTED))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void gapsAndDoublesAmongWrittenVersionsAreNamed() {
        deliver(4);
        deliver(5);
        checker.wrote(new UUID(0, 6), AGGREGATE, 7L, Outcome.COMMITTED);
        checker.delivered("shipping", new UUID(0, 6), AGGREGATE, 7L);
        checker.tookEffect("shipping", new UUID(0, 6));
        assertThat(onlyProblem(1).versions())
                .singleElement()
                .asString()
                .startsWith("orders/order/42@6 is missing before");
        checker.wrote(new UUID(0, 7), AGGREGATE, 6L, Outcome.UNKNOWN);
        checker.resolve(new UUID(0, 7), Outcome.ROLLED_BACK);
        checker.wrote(new UUID(0, 8), "orders/order/43", 1L, Outcome.COMMITTED);
        checker.wrote(new UUID(0, 9), "orders/order/43", 1L, Outcome.COMMITTED);
        assertThat(checker.report().versions())
                .hasSize(2)
                .anyMatch(line -> line.startsWith("2 events have one version"));
    }

    @Test
    void unversionedEventsHaveNoOrder() {
        deliver(4);
        deliver(5);
        for (int n = 0; n < 3; n++) {
            UUID id = new UUID(1, n);
            checker.wrote(id, "orders/log/1", null, Outcome.COMMITTED);
            checker.delivered("shipping", id, "orders/log/1", null);
            checker.tookEffect("shipping", id);
        }
        assertThat(checker.report().isClean()).isTrue();
    }

    /** Catches updates lost among threads; could not catch an order that threads see differently. */
    @Test
    void countsEverythingThatManyThreadsTell() throws Exception {
        HistoryChecker shared = new HistoryChecker();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int thread = 0; thread < 8; thread++) {
                String aggregate = "orders/order/" + thread;
                long high = thread;
                running.add(threads.submit(() -> {
                    for (long version = 1; version <= 2000; version++) {
                        UUID id = new UUID(high, version);
                        shared.wrote(id, aggregate, version, Outcome.COMMITTED);
                        shared.delivered("shipping", id, aggregate, version);
                        shared.tookEffect("shipping", id);
                    }
                }));
            }
            for (Future<?> thread : running) {
                thread.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(shared.report().isClean()).isTrue();
        assertThat(shared.report().delivered()).isEqualTo(16_000);
    }

    private void deliver(int version) {
        redeliver(version);
        checker.tookEffect("shipping", ids.get(version - 1));
    }

    private void redeliver(int version) {
        checker.delivered("shipping", ids.get(version - 1), AGGREGATE, (long) version);
    }

    /** The report, in which there are so many problems of one kind, and none of another. */
    private Report onlyProblem(int count) {
        Report report = checker.report();
        List<List<String>> problems = List.of(
                report.lost(),
                report.reordered(),
                report.rolledBack(),
                report.unexpected(),
                report.effectsTwice(),
                report.withoutEffect(),
                report.versions(),
                report.unresolved());
        assertThat(report.isClean()).isFalse();
        assertThat(problems.stream().filter(found -> !found.isEmpty()).toList())
                .as(report.toString())
                .singleElement()
                .satisfies(found -> assertThat(found).hasSize(count));
        return report;
    }
}
