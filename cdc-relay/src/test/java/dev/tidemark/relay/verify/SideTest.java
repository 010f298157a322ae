package dev.tidemark.relay.verify;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Rows are found by their keys, whatever the type of these. */
@ExtendWith(PostgresExtension.class)
class SideTest {

    /** Such types have a length of 1 where none is given, and casts to them cut what is longer. */
    @Test
    void keysOfFixedLengthAreComparedWhole(Database database) throws Exception {
        database.run("create table place (id char(36), bits bit(4), name text)");
        database.run("insert into place select 'ffff-' || n, n::bit(4), 'n' || n from generate_series(1, 9) as n");
        for (String key : List.of("id", "bits")) {
            try (Connection connection = database.connect()) {
                Side side = new Side(
                        connection,
                        "source",
                        "select " + key + ", name from place",
                        key,
                        "select '' as aggregateid, 0 as version",
                        List.of());
                List<String> keys = new ArrayList<>();
                for (Map<String, Long> page = side.next(null, 4);
                        !page.isEmpty();
                        page = side.next(keys.get(keys.size() - 1), 4)) {
                    keys.addAll(page.keySet());
                    assertThat(keys).as("keys %s", key).doesNotHaveDuplicates().hasSizeLessThan(10);
                }
                assertThat(keys).hasSize(9);
                assertThat(side.hashes(keys)).hasSize(9);
                assertThat(side.sum(keys)).startsWith("9/");
                Map<String, Side.Row> rows = side.rows(keys);
                assertThat(keys)
                        .allSatisfy(
                                one -> assertThat(requireNonNull(rows.get(one)).values())
                                        .isNotNull());
            }
        }
    }
}
