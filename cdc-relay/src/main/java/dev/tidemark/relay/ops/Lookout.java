package dev.tidemark.relay.ops;

import dev.tidemark.relay.capture.Lsn;
import dev.tidemark.relay.capture.SourceProblem;
import dev.tidemark.relay.config.SourceConfig;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Asks the server for a {@link Look}, and writes down what the guard remembers. */
final class Lookout {

    private static final String CONFIRMED = """
            select pg_is_in_recovery(),
                   (select coalesce(confirmed_flush_lsn, '0/0')::text from pg_replication_slots where slot_name = ?)""";

    /** Columns that not all versions have are read by name, from JSON. */
    private static final String LOOK = """
            select r.epoch, r.system_identifier, r.timeline, r.acknowledged_lsn::text as acknowledged_lsn,
                   r.outbox_oid, r.published_as,
                   (select system_identifier::text from pg_control_system()) as system_now,
                   ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int as timeline_now,
                   pg_current_wal_flush_lsn()::text as end_of_log,
                   current_setting('wal_level') as wal_level,
                   to_regclass(o.name)::oid as outbox_now,
                   coalesce(has_table_privilege(to_regclass(o.name), 'select'), false) as readable,
                   (select string_agg(needed, ', ')
                    from unnest(array['id', 'source', 'tenantid', 'aggregatetype', 'aggregateid', 'aggregateversion',
                        'type', 'schemaversion', 'datacontenttype', 'payload', 'traceparent', 'headers', 'occurredat'])
                        as needed
                    where not exists (select from pg_attribute a where a.attrelid = to_regclass(o.name)
                                      and a.attname = needed and not a.attisdropped)) as missing_columns,
                   tidemark.published_as(o.publication, o.name) as published_now,
                   coalesce((select p.pubinsert and p.pubviaroot and m.prattrs is null and m.prqual is null
                             from pg_publication p left join pg_publication_rel m
                                on m.prpubid = p.oid and m.prrelid = to_regclass(o.name)
                             where p.pubname = o.publication
                             and exists (select from pg_publication_tables t where t.pubname = p.pubname
                                         and t.schemaname || '.' || t.tablename = o.name)), false) as whole,
                   s.slot_name is not null as has_slot,
                   s.slot_type = 'logical' and s.plugin = 'pgoutput' and s.database = current_database()
                       and not s.temporary as fits,
                   coalesce(to_jsonb(s) ->> 'invalidation_reason',
                            case when to_jsonb(s) ->> 'conflicting' = 'true' then 'conflicting' end,
                            case when s.wal_status = 'lost' then 'wal_removed' end) as broken,
                   coalesce(to_jsonb(s) ->> 'synced' = 'true', false) as synced
            from (values (?, ?, ?)) as o (slot, publication, name)
            join tidemark.relay r on r.slot = o.slot
            left join pg_replication_slots s on s.slot_name = o.slot""";

    /** What is there already stays, as it was written down for comparison, and a bound is never lowered. */
    private static final String REGISTER = """
            update tidemark.relay set timeline = ?, acknowledged_lsn = greatest(acknowledged_lsn, ?::pg_lsn),
                outbox_oid = coalesce(outbox_oid, ?::oid), published_as = coalesce(published_as, ?)
            where slot = ? and epoch = ?""";

    private static final String RAISE = """
            update tidemark.relay r set acknowledged_lsn = greatest(r.acknowledged_lsn, n.lsn),
                backlog_lsn = case when r.backlog is not null then greatest(r.backlog_lsn, n.lsn) end
            from (values (?::pg_lsn)) as n (lsn) where r.slot = ? and r.epoch = ?""";

    private final SourceConfig source;

    Lookout(SourceConfig source) {
        this.source = source;
    }

    /**
     * Looks at everything at once.
     *
     * @throws SourceProblem if the slot is not registered
     * @throws SQLException if the database does not answer, or is a standby for now
     */
    Look look(Connection connection) throws SQLException, SourceProblem {
        Lsn confirmed = confirmed(connection);
        try (PreparedStatement query = connection.prepareStatement(LOOK)) {
            query.setString(1, source.slot());
            query.setString(2, source.publication());
            query.setString(3, source.table());
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    throw new SourceProblem(
                            "slot " + source.slot() + " is not registered in tidemark.relay; run: tidemark migrate");
                }
                return look(row, confirmed);
            }
        }
    }

    /** Notes, durably, what was not known before, the timeline and the bound. False if another relay leads. */
    boolean register(Connection connection, Judgement judgement, long epoch) throws SQLException {
        Look look = judgement.look();
        Lsn bound = judgement.bound();
        try (PreparedStatement update = connection.prepareStatement(REGISTER)) {
            update.setInt(1, look.timeline());
            update.setString(2, bound == null ? null : bound.toString());
            update.setString(3, look.outbox().oid());
            update.setString(4, look.published().as());
            update.setString(5, source.slot());
            update.setLong(6, epoch);
            return update.executeUpdate() == 1;
        }
    }

    /** Notes, durably, that everything up to {@code settled} is settled. False if another relay leads. */
    boolean raise(Connection connection, Lsn settled, long epoch) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(RAISE)) {
            update.setString(1, settled.toString());
            update.setString(2, source.slot());
            update.setLong(3, epoch);
            return update.executeUpdate() == 1;
        }
    }

    /** Asked before the rest: what was acknowledged by then is written down by then, also by another relay. */
    private @Nullable Lsn confirmed(Connection connection) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(CONFIRMED)) {
            query.setString(1, source.slot());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                if (row.getBoolean(1)) {
                    throw new SQLException("this server is a standby, from which nothing is read until it is promoted");
                }
                return lsn(row.getString(2));
            }
        }
    }

    private static Look look(ResultSet row, @Nullable Lsn confirmed) throws SQLException {
        return new Look(
                new Look.Registered(
                        row.getLong("epoch"),
                        row.getString("system_identifier"),
                        row.getInt("timeline"),
                        lsn(row.getString("acknowledged_lsn")),
                        row.getString("outbox_oid"),
                        row.getString("published_as")),
                row.getString("system_now"),
                row.getInt("timeline_now"),
                Lsn.parse(row.getString("end_of_log")),
                row.getString("wal_level"),
                new Look.OutboxTable(row.getString("outbox_now"), row.getBoolean("readable")),
                row.getString("missing_columns") == null ? "" : row.getString("missing_columns"),
                new Look.Published(row.getString("published_now"), row.getBoolean("whole")),
                row.getBoolean("has_slot") && confirmed != null ? slot(row, confirmed) : null);
    }

    private static Look.Slot slot(ResultSet row, Lsn confirmed) throws SQLException {
        return new Look.Slot(row.getBoolean("fits"), row.getString("broken"), row.getBoolean("synced"), confirmed);
    }

    private static @Nullable Lsn lsn(@Nullable String text) {
        return text == null ? null : Lsn.parse(text);
    }
}
