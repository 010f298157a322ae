package dev.tidemark.bench;

import dev.tidemark.testkit.PostgresServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One run: measures what is asked for, prints the tables, and writes them into a file. */
final class Bench {

    private static final Duration WRITING = Duration.ofSeconds(5);

    private final BenchOptions options;
    private final PrintWriter out;
    private final Path folder;
    private boolean allCount = true;
    private @Nullable DebeziumServer debeziumServer; // if one of the systems is one

    Bench(BenchOptions options, PrintWriter out) throws IOException {
        this.options = options;
        this.out = out;
        this.folder = Files.createDirectories(options.home()
                .resolve("bench")
                .resolve("target")
                .resolve("run-" + ProcessHandle.current().pid()));
    }

    /** Returns whether all figures count. */
    boolean run() throws Exception {
        String load = Machine.load();
        long begun = System.nanoTime();
        List<String> sections = new ArrayList<>();
        String machine;
        Map<String, String> settings = settings(options.systems().size() * options.rounds() + 10);
        try (PostgresServer server = start(settings);
                Destinations destinations = new Destinations(server)) {
            machine = Machine.describe(server, load);
            List<Contender> systems = available(destinations, sections);
            if (debeziumServer != null) {
                machine += "- Debezium Server " + debeziumServer.version() + "\n";
            }
            if (options.measures().contains("drain")) {
                sections.add(drain(server, destinations, systems));
            }
            if (options.measures().contains("latency")) {
                sections.add(latency(server, destinations, systems));
            }
        }
        if (options.measures().contains("writing")) {
            sections.add(writing());
        }
        if (options.measures().contains("jmh")) {
            tell("JMH: decoding, envelopes, appending");
            sections.add("## JMH\n\nOne thread; average of two forks, with the 99.9% error.\n\n"
                    + MicroBenchmarks.run(options.jvm(), folder.resolve("jmh.log")));
        }
        long minutes = (System.nanoTime() - begun) / 60_000_000_000L;
        String text = "# Figures of " + LocalDate.now(ZoneOffset.UTC) + "\n\n" + machine
                + "- PostgreSQL's settings: " + settings + "\n"
                + "- JVMs that are measured: `" + String.join(" ", options.jvm()) + "`\n"
                + "- `" + options.command() + "`, took " + minutes + " min\n\n"
                + "How to read it: `bench/README.md`. Figures are medians of " + options.rounds()
                + " rounds, with the least and the most; only ratios of one run mean something.\n\n"
                + String.join("\n", sections);
        sections.forEach(out::println);
        write(".md", text);
        return allCount;
    }

    /** Without those whose programs this machine has not, unless somebody asked for them. */
    private List<Contender> available(Destinations destinations, List<String> sections) throws IOException {
        List<Contender> available = new ArrayList<>();
        for (Contender system : options.systems()) {
            try {
                if (system.kind() == Contender.Kind.SERVER && debeziumServer == null) {
                    debeziumServer = DebeziumServer.find(options.home());
                }
                if (!system.sink().isEmpty()) {
                    destinations.of(system.sink());
                }
                available.add(system);
            } catch (RuntimeException e) {
                if (options.named()) {
                    throw e;
                }
                sections.add("Without " + system.name() + ": " + e.getMessage() + "\n");
            }
        }
        return available;
    }

    private String drain(PostgresServer server, Destinations destinations, List<Contender> all) throws Exception {
        List<Contender> systems = all.stream().filter(one -> !one.isPolling()).toList();
        StringBuilder section = new StringBuilder("## Drain\n");
        Drain drain = new Drain(server, destinations, debeziumServer, options.jvm(), folder, this::tell);
        for (Workload workload : options.workloads()) {
            List<Reading> readings = drain.run(workload, systems, options.rounds());
            allCount &= readings.stream().allMatch(Reading::counts);
            section.append(String.format(
                    "%n%d events, %d per transaction, payload of %d bytes, %d aggregates:%n%n",
                    workload.events(), workload.perTransaction(), workload.payloadBytes(), workload.aggregates()));
            section.append(Tables.drain(systems, readings));
        }
        return section.toString();
    }

    private String latency(PostgresServer server, Destinations destinations, List<Contender> all) throws Exception {
        List<Contender> systems = all.stream().filter(Contender::hasLatency).toList();
        tell("latency, from the commit to the sink");
        List<LatencyReading> readings =
                new Latency(server, destinations, options.jvm(), folder, this::tell).run(options.latency(), systems);
        allCount &= readings.stream().allMatch(LatencyReading::counts);
        String picture =
                write("-latency.svg", LatencyPicture.of(readings)).getFileName().toString();
        return "## Latency\n\n"
                + options.latency().seconds() + " s at each rate, after "
                + options.latency().warmUpSeconds()
                + " s that do not count; one event for each transaction, payloads of 200 bytes, 10000 aggregates; one"
                + " run.\n\n" + LatencyTable.of(readings) + "\n![percentiles](" + picture + ")\n";
    }

    private String writing() throws Exception {
        Map<String, String> settings = settings(20);
        settings.put("fsync", "on");
        settings.put("shared_preload_libraries", WritePrice.LIBRARY);
        tell("writing, with fsync");
        try (PostgresServer server = start(settings)) {
            WritePrice price = new WritePrice(server, WRITING, options.latency().seed(), this::tell);
            return "## Writing\n\nWith `fsync`, four connections for " + WRITING.toSeconds()
                    + " s in each mode and round; then, with `synchronous_commit = off`, one connection alone. A business row, and an event with a"
                    + " payload of 200 bytes; nobody reads.\n\n"
                    + WriteTable.of(price.run(options.rounds()));
        }
    }

    /** What was written is no loss: nothing waits for the disk but where that is measured. */
    private static Map<String, String> settings(int slots) {
        Map<String, String> settings = new TreeMap<>();
        settings.put("fsync", "off");
        settings.put("shared_buffers", "512MB");
        settings.put("max_wal_size", "8GB");
        settings.put("checkpoint_timeout", "1h");
        settings.put("autovacuum", "off");
        settings.put("max_replication_slots", Integer.toString(slots));
        settings.put("max_wal_senders", "20");
        return settings;
    }

    private static PostgresServer start(Map<String, String> settings) {
        PostgresServer.Builder builder = PostgresServer.builder();
        settings.forEach(builder::setting);
        return builder.start();
    }

    private void tell(String line) {
        out.println(line);
        out.flush();
    }

    private Path write(String ending, String text) throws IOException, InterruptedException {
        Path file = Files.createDirectories(options.results())
                .resolve(LocalDate.now(ZoneOffset.UTC) + "-" + Machine.commit(options.home()) + ending);
        Files.writeString(file, text);
        tell("written to " + file + "; logs are in " + folder);
        return file;
    }
}
