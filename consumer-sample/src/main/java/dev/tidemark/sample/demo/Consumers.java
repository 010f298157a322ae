package dev.tidemark.sample.demo;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.sample.demo.via.Place;
import dev.tidemark.sample.demo.via.Transport;
import dev.tidemark.sample.demo.via.Via;
import dev.tidemark.testkit.Broker;
import dev.tidemark.testkit.Closing;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.RelayProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What handles the events for services in processes of their own, by the name of each service.
 *
 * @param transports none where the services receive themselves
 * @param processes of the same services
 * @param desk null where there are none
 */
record Consumers(
        Map<String, Transport> transports,
        Map<String, RelayProcess> processes,
        Databases databases,
        @Nullable Desk desk) {

    private static final Logger log = LoggerFactory.getLogger(Consumers.class);

    /** Services receive themselves, in this process. */
    static Consumers none(Databases databases) {
        return new Consumers(Map.of(), Map.of(), databases, null);
    }

    /**
     * Starts them; their tables are there.
     *
     * @param broker null if the events come without one
     */
    static Consumers start(
            Via via, Databases databases, @Nullable Broker broker, Reception reception, Path folder, Closing closing)
            throws IOException, InterruptedException {
        Desk desk = closing.add(Desk.open(reception));
        Map<String, Transport> transports = new TreeMap<>();
        Map<String, RelayProcess> processes = new TreeMap<>();
        for (String service : List.of("orders", "inventory")) {
            Place place = Via.place(service, databases.of(service), broker);
            Transport transport = via.to(place);
            transport.prepare();
            int health = RelayProcess.freePort();
            RelayProcess process = closing.add(new RelayProcess(
                    "the consumer of " + service,
                    RelayLauncher.quickly(
                            ConsumerProgram.class,
                            ConsumerProgram.arguments(via, place, desk.port(), health)
                                    .toArray(String[]::new)),
                    folder.resolve(service + "-consumer.log"),
                    URI.create("http://127.0.0.1:" + health)));
            process.start();
            transports.put(service, transport);
            processes.put(service, process);
        }
        return new Consumers(transports, processes, databases, desk);
    }

    /** Whether services do not receive themselves. */
    boolean areProcesses() {
        return !processes.isEmpty();
    }

    /** What a relay has for the subscriber {@code service}. */
    String sink(String service) {
        return Objects.requireNonNull(transports.get(service), service).sink();
    }

    /** Whether nothing is between relays and services any more, so that nothing can come again either. */
    boolean haveAll() {
        try {
            for (Transport transport : transports.values()) {
                if (transport.left() > 0) {
                    return false;
                }
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (Exception e) {
            log.debug("What is between relays and services cannot be asked", e);
            return false;
        }
    }

    /**
     * Looks into the databases for what processes that died could not tell: which events they had handled. Who stores its
     * mark in the same transaction, as the reader of {@code incoming} does, is never sent such an event again.
     */
    void settleDoubts() {
        if (desk == null) {
            return;
        }
        for (Envelope event : desk.doubtful()) {
            if (isInJournal(event)) {
                desk.turnedOutHandled(event);
            }
        }
    }

    private boolean isInJournal(Envelope event) {
        Database database =
                databases.of(Subscription.ofSource(event.aggregate().source()).subscriber());
        try (Connection connection = database.connect();
                PreparedStatement query = connection.prepareStatement("select from journal where event_id = ?")) {
            query.setObject(1, event.id());
            try (ResultSet row = query.executeQuery()) {
                return row.next();
            }
        } catch (SQLException e) {
            throw new IllegalStateException("the journal of " + database.name() + " cannot be read", e);
        }
    }
}
