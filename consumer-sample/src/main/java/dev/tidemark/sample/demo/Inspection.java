package dev.tidemark.sample.demo;

import dev.tidemark.sample.demo.Ledger.Arrival;
import dev.tidemark.sample.demo.Ledger.Written;
import dev.tidemark.sample.demo.Records.Stored;
import dev.tidemark.sample.demo.via.Via;
import dev.tidemark.testkit.HistoryChecker;
import dev.tidemark.testkit.Outcome;
import dev.tidemark.testkit.ReplicaChecker;
import dev.tidemark.testkit.Report;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Holds what was written, by the writers' word and the databases', against what arrived and what it brought about. */
final class Inspection {

    private static final int CHUNKS = 64;

    private final DemoOptions options;
    private final Databases databases;
    private final Ledger ledger;
    private final List<Kill> kills;

    Inspection(DemoOptions options, Databases databases, Ledger ledger, List<Kill> kills) {
        this.options = options;
        this.databases = databases;
        this.ledger = ledger;
        this.kills = kills;
    }

    /**
     * Looks at everything.
     *
     * @param initialStock of each item
     * @param others what is known to have gone wrong already
     */
    Verdict verdict(Map<String, Integer> initialStock, List<String> others) throws SQLException {
        List<Arrival> arrivals = ledger.arrivals();
        List<Stored> stored = Records.outboxes(databases);
        Report report = history(stored, arrivals).report();
        List<String> wrong = new ArrayList<>(others);
        if (report.isClean() && report.written() != options.events()) {
            wrong.add(report.written() + " events were written, and not " + options.events());
        }
        List<String> differences = new ReplicaChecker(CHUNKS)
                .differences(
                        databases.users().dataSource(),
                        "select id, name from users",
                        databases.orders().dataSource(),
                        "select user_id, name from user_replica");
        return new Verdict(
                report,
                duplicatesBound(stored, arrivals).after(kills),
                differences,
                SagaCheck.problems(databases, initialStock),
                List.copyOf(wrong));
    }

    private HistoryChecker history(List<Stored> stored, List<Arrival> arrivals) throws SQLException {
        HistoryChecker checker = new HistoryChecker();
        for (Subscription subscription : Subscription.values()) {
            checker.subscriber(
                    subscription.toString(), event -> event.aggregate().startsWith(subscription.source() + "/"));
        }
        Map<UUID, Written> committed = new HashMap<>();
        stored.forEach(event -> committed.put(event.event().id(), event.event()));
        ledger.committedEvents().forEach(event -> committed.put(event.id(), event));
        committed.values().forEach(event -> wrote(checker, event, Outcome.COMMITTED));
        for (Written event : ledger.rolledBackEvents()) {
            if (!committed.containsKey(event.id())) { // or it is in an outbox, which the check of effects will show
                wrote(checker, event, Outcome.ROLLED_BACK);
            }
        }
        for (Arrival arrival : arrivals) {
            checker.delivered(
                    arrival.subscription().toString(),
                    arrival.id(),
                    arrival.aggregate().toString(),
                    arrival.version());
        }
        Records.effects(databases, (subscription, id) -> checker.tookEffect(subscription.toString(), id));
        return checker;
    }

    private static void wrote(HistoryChecker checker, Written event, Outcome outcome) {
        checker.wrote(event.id(), event.aggregate().toString(), event.version(), outcome);
    }

    private DuplicatesBound duplicatesBound(List<Stored> stored, List<Arrival> arrivals) {
        Map<Subscription, Map<UUID, Instant>> committed = new EnumMap<>(Subscription.class);
        for (Stored event : stored) {
            committed
                    .computeIfAbsent(event.subscription(), any -> new HashMap<>())
                    .put(event.event().id(), event.at());
        }
        committed
                .computeIfAbsent(Subscription.USERS_TO_ORDERS, any -> new HashMap<>())
                .putAll(ledger.committedTimes());
        return new DuplicatesBound(committed, ledger.handledTimes(), arrivals, options.via() != Via.HTTP);
    }
}
