package dev.tidemark.relay.backlog;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A backlog in another database than the outbox, as the relay that leads uses it. Both databases know by one value that
 * they belong together, and the backlog's has a row of {@code tidemark.relay} as the outbox's has: a leader raises the
 * epoch there, too, before it writes; and what is settled is written down there first, so that a copy that came back
 * older is noticed. Safe for many threads; each call opens connections and closes them.
 *
 * <p>What lanes have stored is certain to be there as long as that server runs. When another one answers for it, or it
 * was started anew, the term is over: what it had stored and not acknowledged may be gone.
 */
public final class Place {

    private static final String ROW =
            "select epoch, backlog, acknowledged_lsn::text as acknowledged_lsn, backlog_lsn::text as backlog_lsn"
                    + " from tidemark.relay where slot = ?";

    private static final String RAISE =
            "update tidemark.relay set epoch = ? where slot = ? and backlog = ? and epoch <= ? returning epoch";

    /** Another text whenever the server was started anew, or another one has taken over. */
    private static final String SERVER =
            "(pg_postmaster_start_time()::text || ' ' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))";

    private static final String SETTLED =
            "update tidemark.relay set acknowledged_lsn = greatest(acknowledged_lsn, ?::pg_lsn)"
                    + " where slot = ? and epoch = ? and " + SERVER + " = ?";

    /** In {@code backlog_lsn} from when a backlog was given up until the slot is made anew: no backlog has got so far. */
    public static final String GIVEN_UP = "FFFFFFFF/FFFFFFFF";

    private static final String OLDER = "select ?::pg_lsn > coalesce(?::pg_lsn, '0/0'::pg_lsn)";

    /** Whatever is wrong with it, the one of the outbox is well. */
    private static final String UNREACHABLE = "08006";

    private final Connections source;
    private final Connections backlog;
    private final String slot;
    private final String shown;
    private volatile @Nullable Led led;

    /** On which server a term has led. */
    private record Led(long epoch, String server) {}

    /**
     * What one of the two databases has written down.
     *
     * @param told at the outbox: what the other one has acknowledged at least
     */
    private record Row(
            long epoch,
            @Nullable UUID backlog,
            @Nullable String acknowledged,
            @Nullable String told) {}

    /**
     * Opens nothing yet.
     *
     * @param source to the database of the outbox
     * @param backlog to that of the backlog
     * @param shown that database, for people
     */
    public Place(Connections source, Connections backlog, String slot, String shown) {
        this.source = source;
        this.backlog = backlog;
        this.slot = slot;
        this.shown = shown;
    }

    /**
     * For a relay whose backlog is in the database of the outbox: looks whether it is.
     *
     * @throws IllegalStateException if it is in another one; the message says what to do
     */
    public static void requireHere(Connections source, String slot) throws BacklogException {
        try (Connection connection = source.open()) {
            Row here = row(connection, slot);
            if (here != null && here.backlog() != null) {
                throw new IllegalStateException("the backlog of slot " + slot + " is in another database, which the"
                        + " configuration does not name: without it, what stands there would not be delivered. Name it"
                        + " under backlog: url, user and password");
            }
        } catch (SQLException e) {
            throw failed("the database does not say where the backlog is", e);
        }
    }

    /**
     * Begins to lead, or goes on: raises the epoch in the backlog's database, and waits there for statements of an older
     * leader that are under way.
     *
     * @param epoch as this leader raised it in the database of the outbox
     * @throws IllegalStateException if a person must act first: the two do not belong together, or one of them came back
     *     older; the message says what to do
     * @throws FencedException if another relay leads now, or if the same epoch has led on another server
     * @throws BacklogException if a database does not answer
     */
    public void lead(long epoch) throws BacklogException {
        Row here = requireLead(epoch);
        if (here.backlog() == null) {
            throw new IllegalStateException("the backlog of slot " + slot + " is not in " + shown
                    + " yet. Stop all relays of the slot, and run: tidemark migrate --backlog --config relay.yaml");
        }
        try (Connection connection = backlog.open()) {
            durably(connection);
            requireFitting(connection, here, row(connection, slot));
            led = on(server(connection), epoch); // before anything is stored
            if (!raise(connection, here.backlog(), epoch)) {
                requireLead(epoch); // a newer leader may have raised it in between
                throw new IllegalStateException(wentBack(epoch, row(connection, slot)));
            }
        } catch (SQLException e) {
            throw failed("the database of the backlog, " + shown + ", does not answer", e);
        }
    }

    /**
     * Writes down in the backlog's database, durably, up to where everything is settled. To be called before the same is
     * written down at the outbox, where it may be acknowledged then.
     *
     * @param lsn such as {@code 16/B374D848}
     * @return false if the term is over: another relay leads, or it is not the server that lanes stored to
     * @throws SQLException if it does not answer
     */
    public boolean settled(String lsn, long epoch) throws SQLException {
        try (Connection connection = backlog.open()) {
            durably(connection);
            try (PreparedStatement update = connection.prepareStatement(SETTLED)) {
                update.setString(1, lsn);
                update.setString(2, slot);
                update.setLong(3, epoch);
                update.setString(4, server());
                return update.executeUpdate() == 1;
            }
        } catch (SQLException e) {
            throw unreachable(e);
        }
    }

    /** Another text whenever that server was started anew, or another one took over; as it was when the term began. */
    public String server() {
        return requireNonNull(led, "nobody leads there yet").server();
    }

    /**
     * Whether it is still on the server with which the term began.
     *
     * @throws SQLException if it does not answer
     */
    public boolean isSame() throws SQLException {
        try (Connection connection = backlog.open()) {
            return server(connection).equals(server());
        } catch (SQLException e) {
            throw unreachable(e);
        }
    }

    private SQLException unreachable(SQLException e) {
        return new SQLException(
                "the database of the backlog, " + shown + ", does not answer: " + e.getMessage(), UNREACHABLE, e);
    }

    private Led on(String server, long epoch) throws FencedException {
        Led before = led;
        if (before != null && before.epoch() == epoch && !before.server().equals(server)) {
            throw new FencedException("the database of the backlog, " + shown
                    + ", was started anew, or is on another server now: what was not acknowledged is read again");
        }
        return new Led(epoch, server);
    }

    static String server(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select " + SERVER)) {
            row.next();
            return row.getString(1);
        }
    }

    /** What the database of the outbox has written down, if the relay of that epoch leads. */
    private Row requireLead(long epoch) throws BacklogException {
        try (Connection connection = source.open()) {
            Row here = row(connection, slot);
            if (here == null || here.epoch() != epoch) {
                throw new FencedException("slot " + slot + " is led by another relay than that of epoch " + epoch);
            }
            return here;
        } catch (SQLException e) {
            throw failed("the database of the outbox does not answer", e);
        }
    }

    private void requireFitting(Connection connection, Row here, @Nullable Row there) throws SQLException {
        if (there == null || !Objects.equals(there.backlog(), here.backlog())) {
            throw new IllegalStateException("the backlog of slot " + slot + " is not in " + shown + ", which "
                    + (there == null
                            ? "does not know this slot"
                            : there.backlog() == null
                                    ? "has an outbox and a slot of that name of its own"
                                    : "has the backlog of another database")
                    + ": what stands in the right one would not be delivered. Name that under backlog.url; if it is lost,"
                    + " run: tidemark migrate --backlog --new --config relay.yaml, then: tidemark migrate --repair, which"
                    + " sends what the outbox still has");
        }
        if (GIVEN_UP.equals(here.told())) {
            throw new IllegalStateException(
                    "the backlog of slot " + slot + " was given up, and is in " + shown + " now, but"
                            + " what the slot has passed and the old one had is nowhere yet. Run: tidemark migrate --repair, which"
                            + " sends what the outbox still has");
        }
        if (isOlder(connection, here, there)) {
            throw new IllegalStateException(
                    "the database of the backlog, " + shown + ", came back older: it knows of what"
                            + " was settled up to " + there.acknowledged() + ", but it had been written down up to "
                            + here.told()
                            + ". Events that stood in the backlog in between are not there, and the slot has passed them. Run:"
                            + " tidemark migrate --repair, which sends what the outbox still has");
        }
    }

    private static boolean isOlder(Connection connection, Row here, Row there) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(OLDER)) {
            query.setString(1, here.told());
            query.setString(2, there.acknowledged());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getBoolean(1); // false for null
            }
        }
    }

    private boolean raise(Connection connection, UUID pair, long epoch) throws SQLException {
        try (PreparedStatement raise = connection.prepareStatement(RAISE)) {
            raise.setLong(1, epoch);
            raise.setString(2, slot);
            raise.setObject(3, pair);
            raise.setLong(4, epoch);
            try (ResultSet row = raise.executeQuery()) {
                return row.next();
            }
        }
    }

    private String wentBack(long epoch, @Nullable Row there) {
        return "the database of the outbox went back: its epoch of slot " + slot + " is " + epoch + ", but that in "
                + shown + " was " + (there == null ? "higher" : String.valueOf(there.epoch()))
                + " before, so an older copy was restored and consumers are ahead of it; run: tidemark adopt-restore";
    }

    /** What a crash takes back was not written down. */
    private static void durably(Connection connection) throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.setAutoCommit(true);
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute("select set_config('synchronous_commit', 'local', false)"
                    + " where current_setting('synchronous_commit') = 'off'");
        }
    }

    private static @Nullable Row row(Connection connection, String slot) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(ROW)) {
            query.setString(1, slot);
            try (ResultSet row = query.executeQuery()) {
                return row.next()
                        ? new Row(
                                row.getLong("epoch"),
                                row.getObject("backlog", UUID.class),
                                row.getString("acknowledged_lsn"),
                                row.getString("backlog_lsn"))
                        : null;
            }
        }
    }

    private static BacklogException failed(String what, SQLException e) {
        String hint =
                "42703".equals(e.getSQLState()) ? "; apply V007__backlog_elsewhere.sql by \"tidemark migrate\"" : "";
        return new BacklogException(what + ": " + e.getMessage() + hint, e);
    }
}
