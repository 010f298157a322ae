package dev.tidemark.relay.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every row of a query is read, once and whole, whatever the type of its key and however much it is. */
@ExtendWith(PostgresExtension.class)
@Timeout(600)
class CurrentStatesTest {

    private static final int MOST_ROWS = 500;
    private static final int MOST_BYTES = 4 << 20;

    private Database database;
    private Connection connection;

    @BeforeEach
    void prepare(Database database) throws SQLException {
        this.database = database;
        database.runResource("dev/tidemark/sql/V001__outbox.sql");
        connection = database.connect();
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
    }

    /** Such types have a length of 1 where none is given, and casts to them cut what is longer. */
    @Test
    void keysOfFixedLengthAreComparedWhole() throws Exception {
        database.run("create table place (id char(36), tenant char(8), bits bit(4), name text)");
        database.run(
                "insert into place select 'ffff-' || n, 'acme', n::bit(4), 'n' || n from generate_series(1, 9) as n");

        for (String key : List.of("id", "bits")) {
            String query = "select " + key + " as aggregateid, tenant as tenantid, to_json(name) as payload from place";
            List<Envelope> all = readAll(states(query), 4);
            assertThat(all).as(key).hasSize(9);
            assertThat(all).extracting(state -> state.aggregate().tenantId()).containsOnly("acme");
            List<String> ids = all.stream().map(state -> state.aggregate().id()).toList();
            assertThat(ids).as("once, in order").isSorted().doesNotHaveDuplicates();
            assertThat(states(query)
                            .of(ids, IntStream.range(0, 9).mapToObj(n -> "acme").toList()))
                    .as("by %s", key)
                    .extracting(Envelope::dataAsText)
                    .containsExactlyElementsOf(
                            all.stream().map(Envelope::dataAsText).toList());
        }
    }

    @Test
    void anIdThatADomainDoesNotAllowIsOneThatIsNotThere() throws Exception {
        database.run("create schema shop");
        database.run("create domain shop.\"Place Id\" as text check (value like 'p%')");
        database.run("create table place (id shop.\"Place Id\" primary key)");
        database.run("insert into place values ('p1')");
        CurrentStates states = states("select id as aggregateid, '1'::json as payload from place");

        assertThat(states.of(List.of("p1", "q1"), List.of("", "")))
                .extracting(Envelope::dataAsText)
                .containsExactly("1", null);
    }

    @Test
    void bigStatesAreReadFewAtOnce() throws Exception {
        database.run("create table place (id int primary key, name text)");
        database.run("insert into place select n, repeat('x', 1 << 20) from generate_series(1, 100) as n");
        database.run("analyze place"); // or else all of it is sorted for each page
        String query = "select id as aggregateid, to_json(name) as payload from place";

        CurrentStates states = states(query);
        List<Integer> ids = new ArrayList<>();
        for (List<Envelope> page = states.next(MOST_ROWS); !page.isEmpty(); page = states.next(MOST_ROWS)) {
            assertSmall(page);
            page.forEach(state -> ids.add(Integer.valueOf(state.aggregate().id())));
        }
        assertThat(ids)
                .containsExactlyElementsOf(IntStream.rangeClosed(1, 100).boxed().toList());

        List<String> wanted =
                IntStream.rangeClosed(1, 20).mapToObj(String::valueOf).toList();
        for (int seen = 0; seen < wanted.size(); ) {
            List<String> rest = wanted.subList(seen, wanted.size());
            List<Envelope> page = states.of(rest, rest.stream().map(id -> "").toList());
            assertSmall(page);
            assertThat(page)
                    .extracting(state -> state.aggregate().id())
                    .containsExactlyElementsOf(rest.subList(0, page.size()));
            assertThat(page).extracting(Envelope::dataAsText).doesNotContainNull();
            seen += page.size();
        }
    }

    /** One that is bigger than a page is a page. */
    @Test
    void whatIsTooBigForAPageComesAlone() throws Exception {
        database.run("create table place (id int primary key, name text)");
        database.run("insert into place select n, repeat('x', case n when 3 then 5 << 20 else 9 end)"
                + " from generate_series(1, 5) as n");

        List<Envelope> all =
                readAll(states("select id as aggregateid, to_json(name) as payload from place"), MOST_ROWS);

        assertThat(all).extracting(state -> state.aggregate().id()).containsExactly("1", "2", "3", "4", "5");
    }

    /** Small rows behind a big one are many at once again. */
    @Test
    void pagesGrowAgain() throws Exception {
        database.run("create table place (id int primary key, name text)");
        database.run("insert into place select n, repeat('x', case when n < 3 then 5 << 20 else 9 end)"
                + " from generate_series(1, 2000) as n");
        CurrentStates states = states("select id as aggregateid, to_json(name) as payload from place");

        List<Integer> sizes = new ArrayList<>();
        for (List<Envelope> page = states.next(MOST_ROWS); !page.isEmpty(); page = states.next(MOST_ROWS)) {
            sizes.add(page.size());
        }

        assertThat(sizes).contains(MOST_ROWS).hasSizeLessThan(20);
        assertThat(sizes.stream().mapToInt(Integer::intValue).sum()).isEqualTo(2000);
    }

    @Test
    void aRowWithoutAnIdOrATenantIsRefused() throws Exception {
        assertThatThrownBy(() -> states("select null::int as aggregateid, '{}'::json as payload")
                        .next(MOST_ROWS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "the query for the states of place gives a row whose aggregateid is null; have it leave such"
                                + " rows out, or give an id");
        assertThatThrownBy(() -> states("select 7 as aggregateid, null as tenantid, '{}'::json as payload")
                        .next(MOST_ROWS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "the query for the states of place gives a row with aggregateid '7' whose tenantid is null; have"
                                + " it give '' where there is no tenant: coalesce(…, '')");
        CurrentStates twice = states("select 7 as aggregateid, to_json(n) as payload from generate_series(1, 2) as n");
        assertThatThrownBy(() -> twice.of(List.of("6", "7", "8"), List.of("", "", "")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "the query for the states of place gives more than one row with aggregateid '7'; have it give"
                                + " one row for each aggregate");
    }

    private static void assertSmall(List<Envelope> page) {
        assertThat(page.stream().mapToInt(Envelope::approximateBytes).sum())
                .as("bytes of %s states", page.size())
                .isLessThan(MOST_BYTES + (2 << 20));
    }

    private static List<Envelope> readAll(CurrentStates states, int most) throws SQLException {
        List<Envelope> all = new ArrayList<>();
        for (List<Envelope> page = states.next(most); !page.isEmpty(); page = states.next(most)) {
            assertThat(page.size()).isLessThanOrEqualTo(most);
            all.addAll(page);
            assertThat(all.size()).as("an end").isLessThan(5000);
        }
        return all;
    }

    private CurrentStates states(String sql) throws SQLException {
        return new CurrentStates(
                connection,
                "public.outbox",
                new EventDecoder(new WireNames("", ""), source -> 0),
                new CurrentStates.Query("shop", "place", "place-state", 1, sql),
                "1");
    }
}
