package dev.tidemark.outbox.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.envelope.Receipt;
import dev.tidemark.outbox.Outbox;
import dev.tidemark.outbox.OutboxDatabase;
import dev.tidemark.outbox.OutboxEvent;
import java.sql.SQLException;
import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.jdbi.v3.sqlobject.SqlObject;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jdbi.v3.sqlobject.transaction.Transaction;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class JdbiOutboxTest {

    private static final JdbiOutbox OUTBOX =
            JdbiOutbox.of(Outbox.builder().source("orders").build());

    private static OutboxDatabase db;
    private static Jdbi jdbi;

    /** A repository that writes its rows and its events in one method. */
    public interface Orders extends SqlObject {

        @SqlUpdate("insert into orders values (:id)")
        void insert(String id);

        @Transaction
        default Receipt place(String id) {
            insert(id);
            return OUTBOX.append(getHandle(), placed(id));
        }

        @Transaction
        default void placeAndFail(String id) {
            place(id);
            throw new IllegalArgumentException("no");
        }
    }

    @BeforeAll
    static void createDatabase() throws SQLException {
        db = OutboxDatabase.create();
        db.database().run("create table orders (id text)");
        jdbi = Jdbi.create(db.database().dataSource()).installPlugin(new SqlObjectPlugin());
    }

    @BeforeEach
    void empty() throws SQLException {
        db.database().run("truncate outbox, outbox_version, orders");
    }

    @Test
    void joinsTheTransactionOfTheHandle() throws SQLException {
        List<Receipt> receipts =
                jdbi.inTransaction(handle -> OUTBOX.appendAll(handle, List.of(placed("1"), placed("1"))));
        assertThat(receipts).extracting(Receipt::version).containsExactly(1L, 2L);
        assertThat(db.texts("select aggregateversion from outbox order by 1")).containsExactly("1", "2");
    }

    @Test
    void joinsTheTransactionOfASqlObject() throws SQLException {
        assertThat(jdbi.onDemand(Orders.class).place("7")).hasToString("orders::order/7@1");
        assertThatThrownBy(() -> jdbi.onDemand(Orders.class).placeAndFail("8")).hasMessage("no");
        assertThat(db.texts("select id from orders")).containsExactly("7");
        assertThat(db.texts("select aggregateid from outbox")).containsExactly("7");
    }

    @Test
    void refusesToRunWithoutATransaction() throws SQLException {
        assertThatThrownBy(() -> jdbi.useHandle(handle -> OUTBOX.append(handle, placed("1"))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no transaction is open on this handle, so 1 event would not share one with your change;"
                        + " call inTransaction or useTransaction first");
        assertThat(db.texts("select id from outbox")).isEmpty();
    }

    @Test
    void failuresOfTheDatabaseAreJdbis() {
        assertThatThrownBy(() -> jdbi.useTransaction(handle -> {
                    handle.execute("set transaction read only");
                    OUTBOX.append(handle, placed("1"));
                }))
                .isInstanceOf(UnableToExecuteStatementException.class)
                .hasMessageContaining("the transaction is read-only")
                .hasCauseInstanceOf(SQLException.class);
    }

    private static OutboxEvent placed(String id) {
        return OutboxEvent.of("order", id, "order-placed", "{}");
    }
}
