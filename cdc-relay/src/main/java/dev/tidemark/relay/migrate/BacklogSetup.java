package dev.tidemark.relay.migrate;

import dev.tidemark.relay.backlog.Place;
import dev.tidemark.relay.config.SourceConfig;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes another database the one that has the backlog of a slot: applies the SQL there, and lets both know that they
 * belong together. Safe to run again. Nothing moves: the backlog that the slot has now must be empty. Stop all relays of
 * the slot first.
 *
 * @param source the database of the outbox, with a user who may what the relay may
 * @param place that of the backlog, with a user who owns its schema; its other names are those of the source
 * @param roles whether roles.sql is applied there too, which takes a superuser
 * @param anew whether a backlog that was lost is given up: what stood in it is gone, but for what the outbox still has
 */
public record BacklogSetup(SourceConfig source, SourceConfig place, boolean roles, boolean anew) {

    private static final String REGISTERED = """
            select r.publication, r.outbox, r.system_identifier, r.timeline, r.epoch,
                   r.acknowledged_lsn::text as acknowledged_lsn, r.backlog,
                   (select count(*) from (select from tidemark.backlog b limit 1000) as found) as events,
                   (select string_agg(s.name, ', ') from tidemark.subscriber s where s.slot = r.slot and s.loading) as loading
            from tidemark.relay r where r.slot = ?""";

    private static final String THERE =
            "select slot, system_identifier, backlog from tidemark.relay order by slot = ? desc";

    private static final String ENTER = """
            insert into tidemark.relay (slot, publication, outbox, system_identifier, timeline, epoch, acknowledged_lsn,
                backlog)
            values (?, ?, ?, ?, ?, ?, ?::pg_lsn, ?)
            on conflict (slot) do update set backlog = excluded.backlog, epoch = excluded.epoch,
                acknowledged_lsn = excluded.acknowledged_lsn""";

    private static final String ROLL = "select name, filter, since, state from tidemark.subscriber where slot = ?";

    private static final String ENROL = "insert into tidemark.subscriber (slot, name, filter, since, state)"
            + " values (?, ?, ?, ?, ?) on conflict (slot, name) do nothing";

    private static final String TELL =
            "update tidemark.relay set backlog = ?, backlog_lsn = ?::pg_lsn where slot = ? and backlog is not distinct from ?";

    /** What the database of the outbox has of the slot. */
    private record Registered(
            String publication,
            String outbox,
            String system,
            int timeline,
            long epoch,
            @Nullable String acknowledged,
            @Nullable UUID backlog,
            long events,
            @Nullable String loading) {}

    /** What the other database has of it. */
    private record There(@Nullable UUID backlog) {}

    /**
     * Does it.
     *
     * @param report gets a line for people about each step
     * @throws MigrationException if something must be mended first; run it again then
     */
    public void run(Consumer<String> report) throws MigrationException {
        new Migration(place, roles, false, Migration.Existing.RESEND, Migration.DEFAULT_PATIENCE).run(report);
        try (Connection outbox = new Sessions(source).open()) {
            new Remains(outbox, source).lockOutRelays();
            Registered registered = registered(outbox);
            try (Connection backlog = new Sessions(place).open()) {
                report.accept(belong(outbox, registered, backlog));
            } catch (SQLException e) {
                throw Failures.explain("make " + place.place() + " the backlog", place, e);
            }
        } catch (SQLException e) {
            throw Failures.explain("look at slot " + source.slot(), source, e);
        }
    }

    private String belong(Connection outbox, Registered registered, Connection backlog)
            throws SQLException, MigrationException {
        There there = there(backlog, registered.system());
        UUID known = registered.backlog();
        if (known != null && there != null && known.equals(there.backlog())) {
            return "Backlog of slot " + source.slot() + ": in " + place.place() + " already.";
        }
        if (known != null && !anew) {
            throw new MigrationException("the backlog of slot " + source.slot() + " is in another database than "
                    + place.place()
                    + ", and cannot be moved; name that one. If it is lost, run this with --new, and then:"
                    + " tidemark migrate --repair, which sends what the outbox still has");
        }
        if (known == null) {
            requireEmpty(registered);
        }
        UUID pair = known == null && there != null && there.backlog() != null ? there.backlog() : UUID.randomUUID();
        durably(backlog);
        enter(backlog, registered, pair);
        enrol(outbox, backlog);
        tell(outbox, pair, known);
        return "Backlog of slot " + source.slot() + ": in " + place.place() + " from now on.";
    }

    private Registered registered(Connection outbox) throws SQLException, MigrationException {
        try (PreparedStatement query = outbox.prepareStatement(REGISTERED)) {
            query.setString(1, source.slot());
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    throw new MigrationException("slot " + source.slot() + " is not registered in " + source.place()
                            + "; run first: tidemark migrate");
                }
                return new Registered(
                        row.getString("publication"),
                        row.getString("outbox"),
                        row.getString("system_identifier"),
                        row.getInt("timeline"),
                        row.getLong("epoch"),
                        row.getString("acknowledged_lsn"),
                        row.getObject("backlog", UUID.class),
                        row.getLong("events"),
                        row.getString("loading"));
            }
        }
    }

    private void requireEmpty(Registered registered) throws MigrationException {
        if (registered.loading() != null) {
            throw new MigrationException("what new subscribers begin with is still being stored in " + source.place()
                    + ": " + registered.loading() + ". Have the relay finish that first");
        }
        if (registered.events() > 0) {
            throw new MigrationException("the backlog in " + source.place() + " is not empty: it has "
                    + (registered.events() == 1000 ? "1000 rows or more" : registered.events() + " rows")
                    + ". Have the relay deliver what waits, and retry, skip or drop what is dead (tidemark backlog"
                    + " status); the keys of what is settled go by themselves, some minutes and two checkpoints later");
        }
    }

    /** One database has one backlog: subscribers of two sources may have the same name. */
    private @Nullable There there(Connection backlog, String system) throws SQLException, MigrationException {
        try (PreparedStatement query = backlog.prepareStatement(THERE)) {
            query.setString(1, source.slot());
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    return null;
                }
                There found = new There(row.getObject("backlog", UUID.class));
                String slot = row.getString("slot");
                if (!slot.equals(source.slot())
                        || found.backlog() == null
                        || !Objects.equals(row.getString("system_identifier"), system)
                        || row.next()) {
                    throw new MigrationException(
                            place.place() + " belongs to a relay of another database already (slot " + slot
                                    + "); make a database for this backlog alone: create database");
                }
                return found;
            }
        }
    }

    private void enter(Connection backlog, Registered registered, UUID pair) throws SQLException {
        try (PreparedStatement insert = backlog.prepareStatement(ENTER)) {
            insert.setString(1, source.slot());
            insert.setString(2, registered.publication());
            insert.setString(3, registered.outbox());
            insert.setString(4, registered.system());
            insert.setInt(5, registered.timeline());
            insert.setLong(6, registered.epoch());
            insert.setString(7, registered.acknowledged());
            insert.setObject(8, pair);
            insert.executeUpdate();
        }
    }

    private void enrol(Connection outbox, Connection backlog) throws SQLException {
        try (PreparedStatement query = outbox.prepareStatement(ROLL);
                PreparedStatement insert = backlog.prepareStatement(ENROL)) {
            query.setString(1, source.slot());
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    insert.setString(1, source.slot());
                    insert.setString(2, rows.getString("name"));
                    insert.setString(3, rows.getString("filter"));
                    insert.setTimestamp(4, rows.getTimestamp("since"));
                    insert.setString(5, rows.getString("state"));
                    insert.executeUpdate();
                }
            }
        }
    }

    private void tell(Connection outbox, UUID pair, @Nullable UUID before) throws SQLException {
        durably(outbox);
        try (PreparedStatement update = outbox.prepareStatement(TELL)) {
            update.setObject(1, pair);
            update.setString(2, before == null ? null : Place.GIVEN_UP); // a relay does not start before a repair
            update.setString(3, source.slot());
            update.setObject(4, before, java.sql.Types.OTHER);
            if (update.executeUpdate() != 1) {
                throw new SQLException("somebody else changed where the backlog of slot " + source.slot() + " is");
            }
        }
    }

    /** What a crash takes back was not written down. */
    private static void durably(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("set synchronous_commit = local");
        }
    }
}
