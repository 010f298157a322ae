package dev.tidemark.bench;

import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.migrate.Migration;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Measure 1, 3 and 4: one slot for each system and round, a backlog that is built once while nobody reads, and drained by
 * one system after the other, the order rotated by round.
 */
final class Drain {

    private static final String CHECK = "bench_check";

    private final PostgresServer server;
    private final Destinations destinations;
    private final @Nullable DebeziumServer debeziumServer;
    private final List<String> jvm;
    private final Path folder;
    private final Consumer<String> progress;

    /**
     * @param debeziumServer null where none of the systems is one
     * @param progress is told what goes on, for people
     */
    Drain(
            PostgresServer server,
            Destinations destinations,
            @Nullable DebeziumServer debeziumServer,
            List<String> jvm,
            Path folder,
            Consumer<String> progress) {
        this.server = server;
        this.destinations = destinations;
        this.debeziumServer = debeziumServer;
        this.jvm = jvm;
        this.folder = folder;
        this.progress = progress;
    }

    List<Reading> run(Workload workload, List<Contender> systems, int rounds) throws Exception {
        Database database = server.createDatabase();
        try {
            prepare(database, workload, systems, rounds);
            progress.accept("building a backlog of " + workload.events() + " events, " + workload.form());
            String end = Backlog.build(database, workload);
            requireDecodable(database, workload);
            List<Reading> readings = new ArrayList<>();
            for (int round = 1; round <= rounds; round++) {
                List<Contender> order = new ArrayList<>(systems);
                Collections.rotate(order, 1 - round);
                for (Contender system : order) {
                    Reading reading = one(database, workload, system, round, end);
                    progress.accept(Tables.line(reading));
                    readings.add(reading);
                }
            }
            return readings;
        } finally {
            server.dropDatabase(database);
        }
    }

    private void prepare(Database database, Workload workload, List<Contender> systems, int rounds) throws Exception {
        migrate(database, "bench_unused");
        Backlog.prepare(database, workload);
        createSlot(database, CHECK);
        for (Contender system : systems) {
            for (int round = 1; round <= rounds; round++) {
                if (system.isRelay()) {
                    migrate(database, slot(system, round));
                } else {
                    createSlot(database, slot(system, round));
                }
            }
        }
        database.run("select pg_drop_replication_slot('bench_unused')");
    }

    /** What A has thrown away cannot be looked at; but the server decodes the same for all. */
    private static void requireDecodable(Database database, Workload workload) throws Exception {
        long decoded = Backlog.decoded(database, CHECK);
        if (decoded != workload.expected()) {
            throw new IllegalStateException("the backlog has " + workload.expected()
                    + " events, but the server decodes " + decoded + " from a slot");
        }
        database.run("select pg_drop_replication_slot('" + CHECK + "')");
    }

    private Reading one(Database database, Workload workload, Contender system, int round, String end)
            throws Exception {
        String slot = slot(system, round);
        Path own = Files.createDirectories(folder.resolve(workload.form().replace('/', '-') + "-" + slot));
        Reading reading;
        try (MeasuredProcess process = start(database, workload, system, slot, end, own)) {
            DrainWatch watch = new DrainWatch(process, workload.expected());
            try (SlotLook look = new SlotLook(database, slot, end)) {
                reading = watched(watch, system, round, look);
            }
        } finally {
            database.run("select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '"
                    + slot + "' and not active");
        }
        return system.sink().isEmpty() ? reading : judgedByDestination(reading, slot, workload);
    }

    private Reading watched(DrainWatch watch, Contender system, int round, SlotLook look) throws Exception {
        if (system.kind() != Contender.Kind.SERVER) {
            return watch.await(system, round, look);
        }
        try (Countable.Counter arrived = destinations.countable(system.sink()).counter(slot(system, round))) {
            return watch.await(system, round, look, arrived);
        }
    }

    /** A sink says that it has delivered; what is there decides. */
    private Reading judgedByDestination(Reading reading, String run, Workload workload) throws Exception {
        Gate gate = new Gate(workload.expected(), workload.aggregates());
        destinations.of(reading.system().sink()).read(run, gate);
        return reading.with(gate.verdict());
    }

    private MeasuredProcess start(
            Database database, Workload workload, Contender system, String slot, String end, Path own)
            throws Exception {
        if (system.kind() == Contender.Kind.RECVLOGICAL) {
            return Recvlogical.start(database, slot, end, own);
        }
        if (system.kind() == Contender.Kind.SERVER) {
            Countable.Told told = destinations.countable(system.sink()).openForServer(slot);
            return Objects.requireNonNull(debeziumServer).start(database, slot, told, system.manner(), jvm, own);
        }
        return MeasuredProcess.java(
                Systems.measured(database, workload, system, slot, sink(system, slot), own, false), jvm);
    }

    private String sink(Contender system, String run) throws Exception {
        return system.sink().isEmpty()
                ? Systems.NOWHERE
                : destinations.of(system.sink()).open(run);
    }

    static void createSlot(Database database, String slot) throws Exception {
        database.run("select pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");
    }

    static void migrate(Database database, String slot) throws Exception {
        Migration.of(SourceConfig.builder()
                        .url(database.url())
                        .user(database.user())
                        .password(Secret.of(database.password()))
                        .slot(slot)
                        .build())
                .run(step -> {});
    }

    private static String slot(Contender system, int round) {
        return "bench_" + system.word() + "_" + round;
    }
}
