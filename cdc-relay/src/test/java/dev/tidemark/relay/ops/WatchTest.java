package dev.tidemark.relay.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.relay.capture.Lsn;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What watches during a run, with a real slot; nothing is to be acknowledged. */
@SuppressWarnings("try") // closed before its block ends, on purpose
@ExtendWith(PostgresExtension.class)
class WatchTest {

    private static final int LOOKING = 4; // threads
    private static final int LOOKS = 300; // of each
    private static final String TAKEN_OVER = "update tidemark.relay set epoch = epoch + 1";

    private final Queue<String> ends = new ConcurrentLinkedQueue<>();
    private Database database;
    private SourceConfig source;
    private HeldTerm term;

    @BeforeEach
    void lead(Database fresh) throws Exception {
        database = fresh;
        for (String script :
                new String[] {"V001__outbox.sql", "V002__relay.sql", "V005__guard.sql", "V007__backlog_elsewhere.sql"
                }) {
            database.runResource("dev/tidemark/sql/" + script);
        }
        String slot = "slot_" + database.name();
        database.run("select pg_create_logical_replication_slot('" + slot + "', 'pgoutput');"
                + "insert into tidemark.relay (slot, publication, outbox, system_identifier, timeline) select '" + slot
                + "', 'tidemark_outbox', 'public.outbox', system_identifier::text, 1 from pg_control_system()");
        source = SourceConfig.builder()
                .url(database.url())
                .user(database.user())
                .password(Secret.of(database.password()))
                .slot(slot)
                .build();
        term = new Leadership(connector(), slot, Duration.ofMinutes(5), System::nanoTime, connection -> {})
                .acquire(new CountDownLatch(1), reason -> {})
                .orElseThrow();
    }

    @AfterEach
    void dropSlot() throws SQLException {
        term.close();
        database.run("select pg_drop_replication_slot('" + source.slot() + "')");
    }

    @Test
    void endsTheRunAndTheTermWhenAnotherRelayLeads() throws Exception {
        try (Watch watch = watch(Guard.NO_WITNESS)) {
            watch.start();
            database.run(TAKEN_OVER);
            await().until(() -> !ends.isEmpty());
        }
        assertThat(ends).containsExactly("the term is over");
        assertThat(term.held()).isFalse();
    }

    /** The next run of this relay may have begun by then, and what would be ended is that one. */
    @Test
    void endsNothingIfItWasClosedWhileItLooked() throws Exception {
        try (Connection locking = database.connect();
                Statement statement = locking.createStatement();
                Watch watch = watch(Guard.NO_WITNESS)) {
            locking.setAutoCommit(false);
            statement.execute("lock table tidemark.relay");
            watch.start();
            await().until(() -> count("pg_locks where relation = 'tidemark.relay'::regclass and not granted") == 1);
            watch.close();
            statement.execute(TAKEN_OVER);
            locking.commit();
            await().until(() -> count("pg_stat_activity where datname = current_database()"
                            + " and query like 'select r.epoch, r.system_identifier%'")
                    == 0); // it ends before it hangs up
        }
        assertThat(ends).isEmpty();
    }

    /** A server of the backlog that was started anew is noticed though nothing is to be written down there. */
    @Test
    void endsTheTermWhenTheWitnessIsNotTheSame() throws Exception {
        Guard.Witness anew = new Guard.Witness() {
            @Override
            public boolean settled(Lsn bound, long epoch) {
                throw new IllegalStateException("nobody asked for " + bound);
            }

            @Override
            public boolean isSame() {
                return false;
            }
        };
        try (Watch watch = watch(anew)) {
            watch.start();
            await().until(() -> !ends.isEmpty());
        }
        assertThat(ends).containsExactly("the term is over");
        assertThat(term.held()).isFalse();
    }

    /** As of a process that stood still while one thread waited for an answer, and another asks when it goes on. */
    @Test
    void aLookThatIsOlderThanWhatIsKnownMeanwhileIsNoDatabaseThatWentBack() throws Exception {
        Guard guard = new Guard(source, connector());
        ExecutorService threads = Executors.newCachedThreadPool();
        AtomicBoolean writing = new AtomicBoolean(true);
        try {
            Future<?> writer = threads.submit(() -> write(writing));
            List<Future<?>> looking = new ArrayList<>();
            for (int thread = 0; thread < LOOKING; thread++) {
                looking.add(threads.submit(() -> look(guard)));
            }
            for (Future<?> one : looking) {
                one.get();
            }
            writing.set(false);
            writer.get();
        } finally {
            writing.set(false);
            threads.shutdown();
        }
    }

    private @Nullable Void write(AtomicBoolean writing) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            while (writing.get()) {
                statement.execute("select pg_logical_emit_message(true, 'x', 'y')");
            }
            return null;
        }
    }

    private @Nullable Void look(Guard guard) throws Exception {
        try (Connection connection = database.connect()) {
            for (int look = 0; look < LOOKS; look++) {
                guard.check(connection);
            }
            return null;
        }
    }

    private Watch watch(Guard.Witness witness) throws Exception {
        return new Guard(source, connector(), witness)
                .begin(term, problem -> ends.add(problem == null ? "the term is over" : problem.toString()));
    }

    private long count(String from) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select count(*) from " + from)) {
            row.next();
            return row.getLong(1);
        }
    }

    private Connector connector() {
        return () -> database.connect();
    }
}
