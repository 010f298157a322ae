package dev.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(PostgresExtension.class)
class ReplicaCheckerTest {

    private final ReplicaChecker checker = new ReplicaChecker(16);

    private Database source;
    private Database replica;

    ReplicaCheckerTest(Database source, Database replica) {
        this.source = source;
        this.replica = replica;
    }

    @BeforeEach
    void equalTables() throws SQLException {
        source.run("create table users as select n as id, 'user ' || n as name from generate_series(1, 500) n");
        replica.run("create table user_replica as select n as user_id, 'user ' || n as name"
                + " from generate_series(500, 1, -1) n");
    }

    @Test
    void equalRowsAreEqualInWhateverOrder() throws SQLException {
        assertThat(differences()).isEmpty();
    }

    @Test
    void everyKindOfDifferenceIsNamed() throws SQLException {
        replica.run("update user_replica set name = 'somebody' where user_id = 7");
        replica.run("update user_replica set name = null where user_id = 8");
        replica.run("delete from user_replica where user_id = 9");
        replica.run("insert into user_replica values (501, 'nobody')");
        assertThat(differences())
                .containsExactly(
                        "501 is only in the replica, which has \"501\", \"nobody\"",
                        "7 is \"7\", \"user 7\" in the source, and \"7\", \"somebody\" in the replica",
                        "8 is \"8\", \"user 8\" in the source, and \"8\", null in the replica",
                        "9 is missing in the replica; the source has \"9\", \"user 9\"");
    }

    @Test
    void valuesThatWereSwappedDiffer() throws SQLException {
        replica.run(
                "update user_replica set name = case user_id when 1 then 'user 2' else 'user 1' end where user_id in (1, 2)");
        assertThat(differences()).hasSize(2);
    }

    @Test
    void aKeyThatIsNoKeyIsRefused() throws SQLException {
        replica.run("insert into user_replica values (7, 'user 7')");
        assertThatThrownBy(this::differences).hasMessageContaining("two rows have the key 7");
    }

    private List<String> differences() throws SQLException {
        return checker.differences(
                source.dataSource(), "select id, name from users",
                replica.dataSource(), "select user_id, name from user_replica");
    }
}
