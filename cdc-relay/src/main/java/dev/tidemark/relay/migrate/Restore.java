package dev.tidemark.relay.migrate;

import dev.tidemark.relay.backlog.Adoption;
import dev.tidemark.relay.config.SourceConfig;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Adopts a database that came back older than its consumers: raises the epoch of its sources, so that consumers take
 * its versions for newer than those of the history that was lost, and makes the slot anew. Stop all relays first.
 *
 * @param source the database, with a user who owns the schema
 * @param backlog that of the backlog if it is another one, with a user who may what the relay may; else empty
 * @param sources further sources, of which neither the outbox nor its version counter has a trace
 * @param epoch to raise to; empty for one more than each has, which is right if the copy that came back is not older than
 *     the last adoption
 * @param patience the longest wait for other transactions to end
 */
public record Restore(
        SourceConfig source,
        Optional<SourceConfig> backlog,
        List<String> sources,
        OptionalLong epoch,
        Duration patience) {

    /** Leaders of the history that was lost have had higher epochs than the copy knows of. */
    private static final String RAISE_RELAYS = "update tidemark.relay set epoch = epoch + 1000000 where slot = ?";

    private static final String RAISE = """
            insert into tidemark.source as s (name, epoch)
            select name, coalesce(?::bigint, 1) from (
                select name from tidemark.source union select unnest(?::text[])
                union select distinct source from %1$s union select distinct source from %2$s.outbox_version) as named
            on conflict (name) do update set epoch = coalesce(?::bigint, s.epoch + 1)
            returning name, epoch""";

    private static final String ELSEWHERE = "select backlog is not null from tidemark.relay where slot = ?";

    /** Positions of another history mean nothing. */
    private static final String FORGET_SETTLED = "update tidemark.relay set acknowledged_lsn = null where slot = ?";

    private static final String TOO_HIGH =
            "select name || ' has ' || epoch from tidemark.source where epoch >= ? order by epoch desc limit 1";

    public Restore {
        sources = List.copyOf(sources);
    }

    /**
     * Does it. Running it twice raises the epochs twice, which does no harm but that everything is sent again.
     *
     * @param report gets a line for people about each step
     * @throws MigrationException if something must be mended first; run it again then
     */
    public void run(Consumer<String> report) throws MigrationException {
        new Migration(source, false, false, Migration.Existing.RESEND, patience).run(report);
        Sessions sessions = new Sessions(source);
        try (Connection connection = sessions.open()) {
            new Remains(connection, source).lockOutRelays();
            connection.setAutoCommit(false);
            refuseLower(connection);
            requireBacklog(connection);
            if (backlog.isEmpty()) {
                adopt(connection, connection, sessions.schema(), report);
            } else {
                adoptElsewhere(connection, backlog.get(), sessions.schema(), report);
            }
        } catch (SQLException e) {
            throw Failures.explain("raise the epochs of the sources", source, e);
        }
        new SlotSetup(source, sessions, Migration.Existing.RESEND, patience, report).remake();
    }

    private void requireBacklog(Connection connection) throws SQLException, MigrationException {
        try (PreparedStatement query = connection.prepareStatement(ELSEWHERE)) {
            query.setString(1, source.slot());
            try (ResultSet row = query.executeQuery()) {
                boolean elsewhere = row.next() && row.getBoolean(1);
                if (elsewhere && backlog.isEmpty()) {
                    throw new MigrationException(
                            "the backlog of slot " + source.slot() + " is in another database, which has"
                                    + " to come along; give --config with a file that names it under backlog");
                }
            }
        }
    }

    private void adopt(Connection outbox, Connection kept, String schema, Consumer<String> report) throws SQLException {
        Adoption adoption = new Adoption(outbox, kept, source.table());
        Set<String> all = new TreeSet<>(sources);
        all.addAll(adoption.sources());
        report.accept("Sources: " + raise(outbox, schema, all));
        long raised = adoption.run();
        report.accept("Backlog: " + raised + " waiting or dead that the outbox has no more, in the new epoch.");
        try (PreparedStatement relays = outbox.prepareStatement(RAISE_RELAYS)) {
            relays.setString(1, source.slot());
            relays.executeUpdate();
        }
        outbox.commit();
    }

    /** Its own transaction is committed last: if that fails, running all of it again brings it along. */
    private void adoptElsewhere(Connection outbox, SourceConfig place, String schema, Consumer<String> report)
            throws SQLException, MigrationException {
        try (Connection kept = new Sessions(place).open()) {
            kept.setAutoCommit(false);
            adopt(outbox, kept, schema, report);
            try (PreparedStatement relays = kept.prepareStatement(FORGET_SETTLED)) {
                relays.setString(1, source.slot());
                relays.executeUpdate();
            }
            kept.commit();
        }
    }

    private void refuseLower(Connection connection) throws SQLException, MigrationException {
        if (epoch.isEmpty()) {
            return;
        }
        try (PreparedStatement query = connection.prepareStatement(TOO_HIGH)) {
            query.setLong(1, epoch.getAsLong());
            try (ResultSet row = query.executeQuery()) {
                if (row.next()) {
                    throw new MigrationException("--epoch must be higher than what every source has, but is "
                            + epoch.getAsLong() + ", and " + row.getString(1));
                }
            }
        }
    }

    private String raise(Connection connection, String schema, Set<String> named) throws SQLException {
        try (Statement lock = connection.createStatement()) {
            lock.execute("lock table tidemark.source in share row exclusive mode");
        }
        StringJoiner raised = new StringJoiner(", ", "", ".").setEmptyValue("none is known; name them with --source.");
        try (PreparedStatement raise = connection.prepareStatement(RAISE.formatted(source.table(), schema))) {
            Long to = epoch.isPresent() ? epoch.getAsLong() : null;
            raise.setObject(1, to, java.sql.Types.BIGINT);
            raise.setArray(2, connection.createArrayOf("text", named.toArray()));
            raise.setObject(3, to, java.sql.Types.BIGINT);
            try (ResultSet rows = raise.executeQuery()) {
                while (rows.next()) {
                    raised.add(rows.getString(1) + " has epoch " + rows.getLong(2));
                }
            }
        }
        return raised.toString();
    }
}
