package dev.tidemark.relay;

import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.capture.RetainedOutbox;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * The moment from which on everything that a subscriber gets comes behind what is put ahead: its lanes deliver nothing any
 * more, and everybody sees the rows of what they had delivered by then.
 */
final class Holding {

    private final String subscriber;
    private final BooleanSupplier held;

    /** @param held whether every lane of the subscriber has seen that it is held back */
    Holding(String subscriber, BooleanSupplier held) {
        this.subscriber = subscriber;
        this.held = held;
    }

    /** Returns whether it has come; false if somebody is to stop first. */
    boolean await(RetainedOutbox outbox, Waits waits) throws SQLException, BacklogException, InterruptedException {
        if (!waits.await(() -> held.getAsBoolean()
                ? Optional.empty()
                : Optional.of("the deliveries to " + subscriber + " that are under way"))) {
            return false;
        }
        Set<String> writers = outbox.writers();
        return waits.await(() -> open(writers, outbox));
    }

    private static Optional<String> open(Set<String> writers, RetainedOutbox outbox) throws SQLException {
        writers.retainAll(outbox.writers());
        return writers.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        "the end of transactions that may have written to the outbox: " + String.join(", ", writers));
    }
}
