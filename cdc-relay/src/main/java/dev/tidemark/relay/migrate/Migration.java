package dev.tidemark.relay.migrate;

import dev.tidemark.relay.config.SourceConfig;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Applies the SQL, grants the roles and makes the slot, as asked. Safe to run again.
 *
 * @param source the database, with a user who owns the schema; slot, publication and outbox of the relay
 * @param roles whether roles.sql is applied too, which takes a superuser
 * @param slot whether the slot is made
 * @param existing what becomes of events that were written before there was a slot
 * @param patience the longest wait for other transactions to end
 */
public record Migration(SourceConfig source, boolean roles, boolean slot, Existing existing, Duration patience) {

    public static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(30);

    /** What becomes of events that the outbox has and no slot does. */
    public enum Existing {
        /** They are sent, in the order of their aggregates. */
        RESEND,
        /** The migration stops, and nothing is made. */
        REFUSE
    }

    /** The schema and the slot, without roles; events that are there already are sent. */
    public static Migration of(SourceConfig source) {
        return new Migration(source, false, true, Existing.RESEND, DEFAULT_PATIENCE);
    }

    /**
     * Does it.
     *
     * @param report gets a line for people about each step
     * @throws MigrationException if something must be mended first; run it again then
     */
    public void run(Consumer<String> report) throws MigrationException {
        Sessions sessions = new Sessions(source);
        try (Connection connection = sessions.open()) {
            Prerequisites.check(connection, slot);
        } catch (SQLException e) {
            throw Failures.explain("connect to " + source.database() + " at " + source.host(), source, e);
        }
        Schema schema = new Schema(source, sessions);
        report.accept(schema.migrate());
        if (roles) {
            report.accept(schema.grantRoles());
        }
        if (slot) {
            new SlotSetup(source, sessions, existing, patience, report).run();
        }
    }

    /**
     * Makes the publication if it is missing, as long as there is no slot: one that is there has not got what was
     * inserted while there was no publication.
     *
     * @throws MigrationException if there is a slot, or the user does not own the outbox
     */
    public void makePublication(Consumer<String> report) throws MigrationException {
        Sessions sessions = new Sessions(source);
        try (Connection connection = sessions.open()) {
            SlotCatalog catalog = new SlotCatalog(connection, source);
            if (catalog.publicationIsThere()) {
                report.accept("Publication " + source.publication() + ": there already, and left as it is.");
            } else if (catalog.slotIsThere()) {
                throw new MigrationException("publication " + source.publication() + " was not made, for slot "
                        + source.slot() + " is there and has not got what was inserted without it. Stop the relay, run:"
                        + " select pg_drop_replication_slot('" + source.slot() + "')\nand this again, which makes both"
                        + " and sends what the outbox still has");
            } else {
                catalog.makePublication();
                report.accept("Publication " + source.publication() + ": made.");
            }
        } catch (SQLException e) {
            throw Failures.explain("make publication " + source.publication(), source, e);
        }
    }
}
