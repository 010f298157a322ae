package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.begin;
import static dev.tidemark.inbox.Fixtures.query;
import static dev.tidemark.inbox.Fixtures.unversioned;
import static dev.tidemark.inbox.Fixtures.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What one table promises (more than 400 lines because it is one list of promises). */
final class ReadModelTest {

    private final ReadModel users =
            ReadModel.table("user_replica").key("user_id").version("version").build();
    private Database database;

    @BeforeEach
    void createDatabase() throws SQLException {
        database = Fixtures.database();
    }

    @Test
    void aNewerVersionOverwritesAndAStaleOneDoesNot() throws SQLException {
        assertThat(apply(user("42", 2).build(), "Ada")).isTrue();
        assertThat(apply(user("42", 5).build(), "Ada L.")).isTrue();
        assertThat(apply(user("42", 4).build(), "stale")).isFalse();
        assertThat(apply(user("42", 5).build(), "twice")).isFalse();
        assertThat(replica()).isEqualTo("42:Ada L.@5");
    }

    @Test
    void aLateEventDoesNotBringADeletedRowBack() throws SQLException {
        apply(user("42", 1).build(), "Ada");
        assertThat(delete(user("42", 3).build())).isTrue();
        assertThat(apply(user("42", 2).build(), "late")).isFalse();
        assertThat(replica()).isEmpty();
    }

    @Test
    void aDeletionThatComesFirstKeepsItsEarlierEventsOut() throws SQLException {
        assertThat(delete(user("42", 3).build())).isTrue();
        assertThat(apply(user("42", 1).build(), "late")).isFalse();
        assertThat(apply(user("42", 3).build(), "same")).isFalse();
        assertThat(replica()).isEmpty();
    }

    @Test
    void aLaterCreationBringsTheRowBackAndClearsTheTombstone() throws SQLException {
        apply(user("42", 1).build(), "Ada");
        delete(user("42", 2).build());
        assertThat(tombstones()).isEqualTo("user_replica/42@2");
        assertThat(apply(user("42", 3).build(), "Ada again")).isTrue();
        assertThat(replica()).isEqualTo("42:Ada again@3");
        assertThat(tombstones()).isEmpty();
    }

    @Test
    void aStaleDeletionDoesNothing() throws SQLException {
        apply(user("42", 5).build(), "Ada");
        assertThat(delete(user("42", 4).build())).isFalse();
        assertThat(delete(user("42", 5).build())).isFalse();
        assertThat(replica()).isEqualTo("42:Ada@5");
        assertThat(tombstones()).isEmpty();
        delete(user("42", 7).build());
        assertThat(delete(user("42", 6).build())).isFalse();
        assertThat(delete(user("42", 7).build())).isFalse();
        assertThat(delete(user("42", 8).build())).isTrue();
        assertThat(tombstones()).isEqualTo("user_replica/42@8");
    }

    @Test
    void aReplayRepairsTheRowAtItsOwnVersionButNotANewerOne() throws SQLException {
        apply(user("42", 5).build(), "spoilt");
        assertThat(apply(user("42", 5).redelivery("replay:1").build(), "Ada")).isTrue();
        assertThat(apply(user("42", 4).redelivery("replay:1").build(), "old")).isFalse();
        assertThat(replica()).isEqualTo("42:Ada@5");
        delete(user("42", 6).build());
        assertThat(apply(user("42", 5).redelivery("replay:1").build(), "old")).isFalse();
        assertThat(replica()).isEmpty();
        database.run("insert into user_replica values ('42', 'should be gone', 6)");
        assertThat(delete(user("42", 6).redelivery("replay:1").build())).isTrue();
        assertThat(replica()).isEmpty();
    }

    @Test
    void aRedeliveryOfAnotherKindIsRefusedAsAWhole() {
        Envelope wish = user("42", 5).redelivery("wish:1").build();
        assertThatThrownBy(() -> apply(wish, "Ada")).isInstanceOf(UnsupportedRedelivery.class);
        assertThatThrownBy(() -> delete(wish)).isInstanceOf(UnsupportedRedelivery.class);
    }

    /** Without an inbox nobody knows whether the row is right. */
    @Test
    void aStateByItselfIsAppliedAsAReplayIs() throws SQLException {
        apply(user("42", 5).build(), "spoilt");
        assertThat(apply(user("42", 4).redelivery("state:1").build(), "old")).isFalse();
        assertThat(apply(user("42", 5).redelivery("state:1").build(), "Ada")).isTrue();
        assertThat(replica()).isEqualTo("42:Ada@5");
    }

    /** Whatever the row or the tombstone claims: the inbox knows what was handled. */
    @Test
    void aStateThatCameThroughAnInboxOverwrites() throws SQLException {
        handle(user("42", 5).build(), "Ada");
        database.run("update user_replica set name = 'spoilt', version = 99");
        assertThat(handle(user("42", 5).redelivery("state:1").build(), "Ada")).isEqualTo(Outcome.APPLIED);
        assertThat(replica()).isEqualTo("42:Ada@5");

        database.run("delete from user_replica");
        database.run(
                "insert into inbox_tombstone (readmodel, key, epoch, version) values ('user_replica', '42', 0, 99)");
        assertThat(handle(user("42", 5).redelivery("state:2").build(), "Ada")).isEqualTo(Outcome.APPLIED);
        assertThat(replica()).isEqualTo("42:Ada@5");
        assertThat(handle(user("42", 6).build(), "Ada B.")).isEqualTo(Outcome.APPLIED);
        assertThat(replica()).isEqualTo("42:Ada B.@6");
    }

    @Test
    void aStateThatIsADeletionDeletesWhateverTheRowClaims() throws SQLException {
        database.run("insert into user_replica values ('42', 'never was', 99)");
        assertThat(handle(user("42", 0).redelivery("state:1").build(), null)).isEqualTo(Outcome.APPLIED);
        assertThat(replica()).isEmpty();
        assertThat(handle(user("42", 1).build(), "Ada")).isEqualTo(Outcome.APPLIED);
        assertThat(replica()).isEqualTo("42:Ada@1");
    }

    /** What one event may do, the next one of the same transaction may not. */
    @Test
    void anInboxLetsOneStateThroughAndNoOther() throws SQLException {
        apply(user("43", 99).build(), "Bob");
        try (Connection tx = begin(database)) {
            Inbox.of("orders").handle(tx, user("42", 5).redelivery("state:1").build(), (connection, event) -> {});
            assertThat(users.apply(tx, user("43", 5).redelivery("state:1").build(), Map.of("name", "old")))
                    .isFalse();
            tx.commit();
        }
    }

    /** @param name null for a deletion */
    private Outcome handle(Envelope event, @Nullable String name) throws SQLException {
        try (Connection tx = begin(database)) {
            Outcome outcome = Inbox.of("orders").handle(tx, event, (connection, one) -> {
                if (name == null) {
                    users.delete(connection, one);
                } else {
                    users.apply(connection, one, Map.of("name", name));
                }
            });
            tx.commit();
            return outcome;
        }
    }

    @Test
    void anEventMayCarrySomeOfTheColumnsOnceTheRowIsThere() throws SQLException {
        database.run("alter table user_replica add column email text not null, add column score numeric default 7");
        try (Connection tx = begin(database)) {
            Map<String, Object> all = Map.of("name", "Ada", "email", "ada@example.com");
            users.apply(tx, user("42", 1).build(), all);
            users.apply(tx, user("42", 2).build(), Map.of("name", "Ada L."));
            users.apply(tx, user("42", 3).build(), Map.of());
            tx.commit();
        }
        assertThat(query(database, "select concat_ws(' ', name, email, score, version) from user_replica"))
                .containsExactly("Ada L. ada@example.com 7 3");
    }

    @Test
    void valuesFitColumnsOfTheUsualTypes() throws SQLException {
        database.run("""
                create type mood as enum ('DAYS', 'HOURS');
                create table public.thing (id uuid primary key, v int not null, a jsonb, b mood, c timestamptz, d numeric, e boolean, f uuid)""");
        ReadModel things =
                ReadModel.table("public.thing").key("id").version("v").build();
        UUID id = UUID.randomUUID();
        Envelope event = user(id.toString(), 1).build();
        Map<String, Object> columns = new HashMap<>();
        columns.put("a", "{\"k\": 1}");
        columns.put("c", Instant.EPOCH);
        columns.put("d", new BigDecimal("1.50"));
        columns.put("e", null);
        columns.put("f", id);
        columns.put("b", TimeUnit.DAYS);
        try (Connection tx = begin(database)) {
            assertThat(things.apply(tx, event, columns)).isTrue();
            assertThat(things.apply(tx, user(id.toString(), 2).build(), columns))
                    .isTrue();
            tx.commit();
        }
        assertThat(query(
                        database,
                        "select concat_ws(' ', id, v, a, b, extract(epoch from c)::int, d, e, f) from public.thing"))
                .containsExactly(id + " 2 {\"k\": 1} DAYS 0 1.50 " + id);
        try (Connection tx = begin(database)) {
            assertThat(things.delete(tx, user(id.toString(), 3).build())).isTrue();
        }
    }

    @Test
    void fractionsKeepAllTheirDigits() throws SQLException {
        database.run("create table measured (id text primary key, v int not null, a numeric(18, 2), b numeric,"
                + " c float8, d float4, e int, f numeric)");
        ReadModel measured = ReadModel.table("measured").key("id").version("v").build();
        applyAll(measured, "some", 12345678901234.56, 1234567.9f);
        applyAll(measured, "most", Double.MAX_VALUE, Float.MIN_VALUE, "b", "c", "d");
        applyAll(measured, "least", -0.0, -0.0f);
        applyAll(measured, "none", Double.NaN, Float.NEGATIVE_INFINITY, "b", "c", "d", "f");
        applyAll(measured, "whole", 3.0, 3f, "e", "f");
        assertThat(query(database, "select concat_ws(' ', id, a, b, c, d, e, f) from measured order by id"))
                .containsExactly(
                        "least 0.00 0 -0 -0 0",
                        "most "
                                + new BigDecimal(Double.MAX_VALUE)
                                        .round(new MathContext(17))
                                        .toPlainString() + " 1.7976931348623157e+308 1e-45",
                        "none NaN NaN -Infinity -Infinity",
                        "some 12345678901234.56 12345678901234.56 12345678901234.56 1.2345679e+06 1234567.9",
                        "whole 3 3.0");
    }

    /** @param columns all but e, if there are none */
    private void applyAll(ReadModel measured, String id, double fraction, float small, String... columns)
            throws SQLException {
        Map<String, Object> values = new HashMap<>();
        for (String column : columns.length == 0 ? new String[] {"a", "b", "c", "d", "f"} : columns) {
            values.put(column, column.equals("d") || column.equals("f") ? (Object) small : (Object) fraction);
        }
        try (Connection tx = begin(database)) {
            measured.apply(tx, user(id, 1).build(), values);
            tx.commit();
        }
    }

    @Test
    void aTimeIsInUtcWhateverTheZoneOfTheSession() throws SQLException {
        database.run("create table timed (id text primary key, v int not null, a timestamptz, b timestamp, c date,"
                + " d timestamp)");
        ReadModel timed = ReadModel.table("timed").key("id").version("v").build();
        Instant time = Instant.parse("2026-11-20T20:15:30.123456Z");
        Map<String, Object> columns =
                Map.of("a", time, "b", time, "c", time, "d", time.atOffset(ZoneOffset.ofHours(-7)));
        try (Connection tx = begin(database)) {
            query(tx, "select set_config('TimeZone', 'Asia/Tokyo', false)");
            timed.apply(tx, user("42", 1).build(), columns);
            timed.apply(tx, user("42", 2).build(), columns);
            timed.apply(tx, user("43", 1).build(), Map.of("b", Instant.parse("-0043-03-15T12:00:00Z")));
            timed.apply(tx, user("44", 1).build(), Map.of("b", Instant.parse("+12026-11-20T12:00:00Z")));
            tx.commit();
        }
        assertThat(query(database, "select concat_ws(' ', a at time zone 'UTC', b, c, d) from timed order by id"))
                .containsExactly(
                        "2026-11-20 20:15:30.123456 2026-11-20 20:15:30.123456 2026-11-20 2026-11-20 20:15:30.123456",
                        "0044-03-15 12:00:00 BC",
                        "12026-11-20 12:00:00");
    }

    @Test
    void aKeyIsOneTextForEachValue() throws SQLException {
        database.run("create table keyed (id bytea primary key, v int not null)");
        ReadModel keyed = ReadModel.table("keyed")
                .key("id", event -> event.aggregate().id().getBytes(StandardCharsets.UTF_8))
                .version("v")
                .build();
        try (Connection tx = begin(database)) {
            assertThat(keyed.delete(tx, user("42", 2).build())).isTrue();
            assertThat(keyed.apply(tx, user("42", 1).build(), Map.of()))
                    .as("late")
                    .isFalse();
            tx.commit();
        }
        assertThat(tombstones()).isEqualTo("keyed/3432@2");
        ReadModel unstable = ReadModel.table("keyed")
                .key("id", event -> new BigDecimal(event.aggregate().id()))
                .version("v")
                .build();
        try (Connection tx = begin(database)) {
            assertThatThrownBy(() -> unstable.apply(tx, user("42", 1).build(), Map.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("must be a String, a UUID, a whole number or a byte[]");
        }
    }

    @Test
    void aHigherEpochIsNewerThanEveryVersionOfALowerOne() throws SQLException {
        database.run("alter table user_replica add column epoch bigint not null default 0");
        ReadModel withEpoch = ReadModel.table("user_replica")
                .key("user_id")
                .version("version")
                .epoch("epoch")
                .build();
        try (Connection tx = begin(database)) {
            assertThat(withEpoch.apply(tx, user("42", 9).build(), Map.of("name", "before")))
                    .isTrue();
            assertThat(withEpoch.apply(tx, user("42", 6).sourceEpoch(1).build(), Map.of("name", "restored")))
                    .isTrue();
            assertThat(withEpoch.apply(tx, user("42", 10).build(), Map.of("name", "lost")))
                    .isFalse();
            assertThat(withEpoch.delete(tx, user("42", 11).build())).isFalse();
            assertThat(withEpoch.delete(tx, user("42", 7).sourceEpoch(1).build()))
                    .isTrue();
            assertThat(withEpoch.apply(tx, user("42", 12).build(), Map.of("name", "lost")))
                    .isFalse();
            tx.commit();
        }
        assertThat(replica()).isEmpty();
    }

    @Test
    void anEpochIsRefusedWhereThereIsNoColumnForIt() {
        assertThatThrownBy(() -> apply(user("42", 1).sourceEpoch(1).build(), "Ada"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(".epoch(\"epoch\")");
    }

    @Test
    void theKeyMayHoldTheTenantToo() throws SQLException {
        ReadModel tenants = ReadModel.table("user_replica")
                .key("user_id", Envelope::partitionKey)
                .version("version")
                .build();
        try (Connection tx = begin(database)) {
            for (String tenant : new String[] {"acme", "zorg"}) {
                Aggregate aggregate = new Aggregate("users", tenant, "user", "42");
                tenants.apply(tx, user("42", 1).aggregate(aggregate).build(), Map.of("name", tenant));
            }
            tx.commit();
        }
        assertThat(replica()).isEqualTo("acme/42:acme@1,zorg/42:zorg@1");
    }

    @Test
    void whatCannotBeSafeIsRefused() throws SQLException {
        try (Connection connection = database.connect()) {
            assertThatThrownBy(() -> users.apply(connection, user("42", 1).build(), Map.of()))
                    .hasMessageContaining("setAutoCommit(false)");
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            assertThatThrownBy(() -> users.apply(connection, user("42", 1).build(), Map.of("name", "Ada")))
                    .hasMessageContaining("use READ COMMITTED");
        }
        assertThatThrownBy(() -> apply(unversioned("42", "a").build(), "Ada"))
                .hasMessageContaining("has no aggregate version");
    }

    @Test
    void badNamesAreRefusedAndNeverReachTheDatabase() throws SQLException {
        assertThatThrownBy(() -> ReadModel.table("users; drop table users")
                        .key("id")
                        .version("version")
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("table must match");
        assertThatThrownBy(() -> ReadModel.table("users").key("id").build())
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("version is required");
        try (Connection tx = begin(database)) {
            Envelope event = user("42", 1).build();
            assertThatThrownBy(() -> users.apply(tx, event, Map.of("name\" = 'x' --", "Ada")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("column must match");
            assertThatThrownBy(() -> users.apply(tx, event, Map.of("version", 9)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is set from the event");
        }
    }

    private boolean apply(Envelope event, String name) throws SQLException {
        try (Connection tx = begin(database)) {
            boolean applied = users.apply(tx, event, Map.of("name", name));
            tx.commit();
            return applied;
        }
    }

    private boolean delete(Envelope event) throws SQLException {
        try (Connection tx = begin(database)) {
            boolean applied = users.delete(tx, event);
            tx.commit();
            return applied;
        }
    }

    private String replica() throws SQLException {
        return String.join(
                ",",
                query(database, "select user_id || ':' || name || '@' || version from user_replica order by user_id"));
    }

    private String tombstones() throws SQLException {
        return String.join(
                ",", query(database, "select readmodel || '/' || key || '@' || version from inbox_tombstone"));
    }
}
