package dev.tidemark.relay.backlog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who gets events from a slot, as it is remembered in {@code tidemark.subscriber}: a subscriber that is left out of
 * the configuration by mistake would lose what is acknowledged meanwhile.
 */
public final class SubscriberRoll {

    private static final Logger log = LoggerFactory.getLogger(SubscriberRoll.class);

    private static final String LEADS = "select from tidemark.relay where slot = ? and epoch = ? for share";
    private static final String ROLL =
            "select name, filter, since, state, loading from tidemark.subscriber where slot = ? order by name for update";
    private static final String ENTER = """
            insert into tidemark.subscriber (slot, name, filter, loading) values (?, ?, ?, ?)
            on conflict (slot, name) do update set
                filter = excluded.filter, state = 'active',
                since = case when subscriber.state = 'active' then subscriber.since else excluded.since end""";

    /**
     * A subscriber that is configured.
     *
     * @param filter for people: all that decides which events it gets, always written in the same way
     * @param retained whether, if it is new, it begins with what the outbox has retained
     */
    public record Member(String name, String filter, boolean retained) {}

    private record Known(String filter, Instant since, boolean active, boolean loading) {}

    private final Connections connections;
    private final String slot;

    public SubscriberRoll(Connections connections, String slot) {
        this.connections = connections;
        this.slot = slot;
    }

    /**
     * Compares what is configured with what is remembered, and remembers it. To be called by a relay that has
     * begun to lead, before it reads. New, returned and changed subscribers are logged.
     *
     * @param epoch in which the relay leads
     * @return those for which what they begin with is still to be stored
     * @throws IllegalStateException if a registered subscriber is not configured, or has another filter while what it
     *     begins with is being stored: the relay must not start, and the message says what to do; nothing was changed
     * @throws FencedException if another relay leads now
     * @throws BacklogException if the database does not answer
     */
    public Set<String> check(long epoch, List<Member> configured) throws BacklogException {
        List<Runnable> news = new ArrayList<>();
        Set<String> loading = new HashSet<>();
        try (Connection connection = connections.open()) {
            connection.setAutoCommit(false); // closed without a commit, it leaves nothing behind
            try (Statement limit = connection.createStatement()) {
                limit.execute("set local idle_in_transaction_session_timeout = '2s'"); // if this process freezes
            }
            requireLead(connection, epoch);
            Map<String, Known> roll = roll(connection);
            requireAllOf(roll, configured);
            for (Member member : configured) {
                Known known = roll.get(member.name());
                requireSameFilterWhileLoading(member, known);
                enter(connection, member, known, news);
                if (known == null ? member.retained() : known.loading()) {
                    loading.add(member.name());
                }
            }
            connection.commit();
        } catch (SQLException e) {
            String hint = "42703".equals(e.getSQLState()) ? "; apply V006__start.sql by \"tidemark migrate\"" : "";
            throw new BacklogException("the roll of subscribers does not answer: " + e.getMessage() + hint, e);
        }
        news.forEach(Runnable::run);
        return loading;
    }

    private void requireLead(Connection connection, long epoch) throws SQLException, FencedException {
        try (PreparedStatement query = connection.prepareStatement(LEADS)) {
            query.setString(1, slot);
            query.setLong(2, epoch);
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    throw new FencedException("slot " + slot + " is led by another relay than that of epoch " + epoch);
                }
            }
        }
    }

    private Map<String, Known> roll(Connection connection) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(ROLL)) {
            query.setString(1, slot);
            try (ResultSet rows = query.executeQuery()) {
                Map<String, Known> roll = new TreeMap<>();
                while (rows.next()) {
                    roll.put(
                            rows.getString("name"),
                            new Known(
                                    rows.getString("filter"),
                                    rows.getTimestamp("since").toInstant(),
                                    rows.getString("state").equals("active"),
                                    rows.getBoolean("loading")));
                }
                return roll;
            }
        }
    }

    private void requireAllOf(Map<String, Known> roll, List<Member> configured) {
        List<String> names = configured.stream().map(Member::name).toList();
        StringJoiner missing = new StringJoiner(", ");
        StringJoiner commands = new StringJoiner("; ");
        roll.forEach((name, known) -> {
            if (known.active() && !names.contains(name)) {
                missing.add(name + " (since " + known.since() + ")");
                commands.add("tidemark retire --config relay.yaml --subscriber " + name);
            }
        });
        if (missing.length() > 0) {
            throw new IllegalStateException("registered for slot " + slot + ", but not in the configuration: " + missing
                    + "; what is committed meanwhile would be lost to it. Put it back under subscribers, or give it up"
                    + " with: " + commands);
        }
    }

    /** What the old one left out would come ahead of what it let through. */
    private void requireSameFilterWhileLoading(Member member, @Nullable Known known) {
        if (known != null && known.loading() && !known.filter().equals(member.filter())) {
            throw new IllegalStateException("subscriber " + member.name() + " has another filter: " + member.filter()
                    + ", but what it begins with is still being stored by the old one: " + known.filter()
                    + "; give it that one until the log says that it is stored; or give the subscriber up, which drops"
                    + " what is stored, and give it another name: tidemark retire --config relay.yaml --subscriber "
                    + member.name() + " --drop-backlog");
        }
    }

    private void enter(Connection connection, Member member, @Nullable Known known, List<Runnable> news)
            throws SQLException {
        if (known != null && known.active() && known.filter().equals(member.filter())) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(ENTER)) {
            statement.setString(1, slot);
            statement.setString(2, member.name());
            statement.setString(3, member.filter());
            statement.setBoolean(4, known == null && member.retained());
            statement.executeUpdate();
        }
        news.add(() -> tell(member, known));
    }

    private static void tell(Member member, @Nullable Known known) {
        if (known == null) {
            log.info(
                    "Subscriber {} is new, with {}; it gets events from where the slot stands{}.",
                    member.name(),
                    member.filter(),
                    member.retained() ? ", behind those that the outbox has retained" : "");
        } else if (!known.active()) {
            log.warn(
                    "Subscriber {} was retired and is active again, with {}; it missed what was acknowledged in between.",
                    member.name(),
                    member.filter());
        } else {
            log.warn(
                    "Subscriber {} has another filter: {}, which was {}; what the old one left out does not come"
                            + " afterwards.",
                    member.name(),
                    member.filter(),
                    known.filter());
        }
    }
}
