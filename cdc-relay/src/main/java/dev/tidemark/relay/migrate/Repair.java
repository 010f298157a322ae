package dev.tidemark.relay.migrate;

import dev.tidemark.relay.config.SourceConfig;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Makes the slot anew after it was lost, moved or left behind, and has everything sent again that the outbox still has.
 * Stop all relays of the slot first.
 *
 * @param source the database, with a user who owns the schema
 * @param patience the longest wait for other transactions to end
 */
public record Repair(SourceConfig source, Duration patience) {

    /**
     * Does it.
     *
     * @param report gets a line for people about each step
     * @throws MigrationException if something must be mended first; run it again then
     */
    public void run(Consumer<String> report) throws MigrationException {
        new Migration(source, false, false, Migration.Existing.RESEND, patience).run(report);
        Sessions sessions = new Sessions(source);
        new SlotSetup(source, sessions, Migration.Existing.RESEND, patience, report).remake();
    }
}
