package dev.tidemark.sample.demo.page;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.testkit.Closing;
import dev.tidemark.testkit.Database;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.mapper.reflect.ConstructorMapper;

/** Looks into the three databases. What is newest is at the end of an outbox, so that it is found as fast when the demo has run for long. */
final class Rows implements AutoCloseable {

    private static final int CONNECTIONS = 2;

    /** Events that are looked at of those that may be on their way. */
    private static final int NEWEST_EVENTS = 200;

    private static final int SHOWN_EVENTS = 7;

    private final Closing closing = new Closing();
    private final Jdbi users;
    private final Jdbi orders;
    private final Jdbi inventory;

    Rows(Scene scene) {
        users = open(scene.users().database());
        orders = open(scene.orders().database());
        inventory = open(scene.inventory().database());
    }

    /** A user, or what orders has of one. */
    public record UserRow(String id, String name, long version) {}

    /** An order, and the name that orders has for who placed it. */
    public record OrderRow(String id, String item, int quantity, String status, String userName, long version) {}

    /** An item, how much of it there is and how much was promised. */
    public record StockRow(String item, int available, long reserved, long version) {}

    /**
     * What a relay has not delivered.
     *
     * @param newest events of the outbox, the newest first
     * @param underway events that were committed and not handled, {@value #NEWEST_EVENTS} at most
     * @param backlog events that wait in it, and dead ones
     * @param retainedBytes of write-ahead log, for its slot
     */
    public record Pending(List<EventRow> newest, long underway, long backlog, long dead, long retainedBytes) {}

    /**
     * An event in an outbox.
     *
     * @param handled whether the subscriber has come so far with its aggregate
     */
    public record EventRow(String type, String aggregateId, long version, boolean handled) {}

    private record OutboxRow(String type, String aggregatetype, String aggregateid, long aggregateversion) {}

    private record SlotRow(long retained) {}

    private record BacklogRow(long waiting, long dead) {}

    private Jdbi open(Database database) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(database.url());
        config.setUsername(database.user());
        config.setPassword(database.password());
        config.setMaximumPoolSize(CONNECTIONS);
        return Jdbi.create(closing.add(new HikariDataSource(config)));
    }

    /** Of whom the newest events are. */
    List<String> recentUsers(int most) {
        return users.withHandle(
                db -> db.createQuery("""
                        select aggregateid
                        from (select aggregateid, row_number() over () as place
                              from (select aggregateid from outbox where aggregatetype = 'user' order by id desc limit 40) newest
                             ) placed
                        group by aggregateid order by min(place) limit :most""").bind("most", most).mapTo(String.class).list());
    }

    Map<String, UserRow> users(List<String> ids) {
        return users.withHandle(db -> byId(db, "select id, name, version from users where id = any(:ids)", ids));
    }

    Map<String, UserRow> replica(List<String> ids) {
        return orders.withHandle(
                db -> byId(db, "select user_id as id, name, version from user_replica where user_id = any(:ids)", ids));
    }

    private static Map<String, UserRow> byId(Handle db, String sql, List<String> ids) {
        Map<String, UserRow> rows = new HashMap<>();
        db.createQuery(sql)
                .bindArray("ids", String.class, ids)
                .map(ConstructorMapper.of(UserRow.class))
                .forEach(row -> rows.put(row.id(), row));
        return rows;
    }

    List<OrderRow> orders(int most) {
        return orders.withHandle(db -> db.createQuery("""
                        select o.id, o.item, o.quantity, o.status, coalesce(r.name, '') as userName, coalesce(v.version, 0) as version
                        from (select aggregateid, id as event from outbox where type = 'order-placed' order by id desc limit :most) newest
                        join orders o on o.id = newest.aggregateid
                        left join user_replica r on r.user_id = o.user_id
                        left join outbox_version v on v.source = 'orders' and v.tenantid = '' and v.aggregatetype = 'order' and v.aggregateid = o.id
                        order by newest.event desc""")
                .bind("most", most)
                .map(ConstructorMapper.of(OrderRow.class))
                .list());
    }

    List<StockRow> stock() {
        return inventory.withHandle(db ->
                db.createQuery("""
                        select s.item, s.available, coalesce(v.version, 0) as version,
                               (select coalesce(sum(quantity), 0) from reservation r where r.item = s.item) as reserved
                        from stock s
                        left join outbox_version v on v.source = 'inventory' and v.tenantid = '' and v.aggregatetype = 'stock' and v.aggregateid = s.item
                        order by s.item""").map(ConstructorMapper.of(StockRow.class)).list());
    }

    Pending pending(ShownRelay relay) {
        Jdbi source = of(relay.source());
        SlotRow slot = source.withHandle(db -> db.createQuery("""
                        select coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint as retained
                        from pg_replication_slots where slot_name = :slot""")
                .bind("slot", relay.slot())
                .map(ConstructorMapper.of(SlotRow.class))
                .one());
        BacklogRow backlog = source.withHandle(db ->
                db.createQuery("""
                        select count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state = 'dead') as dead
                        from tidemark.backlog where state in ('waiting', 'dead')""").map(ConstructorMapper.of(BacklogRow.class)).one());
        List<EventRow> newest = newestEvents(relay);
        long underway = newest.stream().filter(event -> !event.handled()).count();
        return new Pending(
                newest.stream().limit(SHOWN_EVENTS).toList(),
                underway,
                backlog.waiting(),
                backlog.dead(),
                slot.retained());
    }

    /** The newest first. */
    private List<EventRow> newestEvents(ShownRelay relay) {
        List<OutboxRow> newest = of(relay.source())
                .withHandle(db -> db.createQuery("""
                        select type, aggregatetype, aggregateid, aggregateversion
                        from outbox where aggregateversion is not null order by id desc limit :most""")
                        .bind("most", NEWEST_EVENTS)
                        .map(ConstructorMapper.of(OutboxRow.class))
                        .list());
        Map<String, Long> handled = handled(
                relay, newest.stream().map(OutboxRow::aggregateid).distinct().toList());
        return newest.stream()
                .map(event -> new EventRow(
                        event.type(),
                        event.aggregateid(),
                        event.aggregateversion(),
                        event.aggregateversion()
                                <= handled.getOrDefault(event.aggregatetype() + "/" + event.aggregateid(), 0L)))
                .toList();
    }

    /** How far the subscriber has come with each aggregate. */
    private Map<String, Long> handled(ShownRelay relay, List<String> ids) {
        Map<String, Long> handled = new HashMap<>();
        of(relay.subscriber())
                .useHandle(db -> db.createQuery("""
                        select '' as type, aggregatetype, aggregateid, version as aggregateversion from inbox_watermark
                        where consumer = :consumer and source = :source and tenantid = '' and aggregateid = any(:ids)""")
                        .bind("consumer", relay.subscriber())
                        .bind("source", relay.source())
                        .bindArray("ids", String.class, ids)
                        .map(ConstructorMapper.of(OutboxRow.class))
                        .forEach(mark ->
                                handled.put(mark.aggregatetype() + "/" + mark.aggregateid(), mark.aggregateversion())));
        return handled;
    }

    /**
     * Changes one of the rows behind everybody's back, as no event would.
     *
     * @return whether there was one that says something else yet
     */
    boolean corrupt(List<String> ids, String name) {
        return orders.withHandle(db -> db.createUpdate("""
                        update user_replica set name = :name where user_id = (
                            select user_id from user_replica where user_id = any(:ids) and name <> :name
                            order by array_position(:ids, user_id) limit 1)""")
                        .bindArray("ids", String.class, ids)
                        .bind("name", name)
                        .execute()
                == 1);
    }

    private Jdbi of(String service) {
        return switch (service) {
            case "users" -> users;
            case "orders" -> orders;
            case "inventory" -> inventory;
            default -> throw new IllegalArgumentException("there is no service " + service);
        };
    }

    @Override
    public void close() {
        closing.close();
    }
}
