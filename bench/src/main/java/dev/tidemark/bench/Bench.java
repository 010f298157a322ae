package dev.tidemark.bench;

import dev.tidemark.testkit.PostgresServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One run: measures what is asked for, prints the tables, and writes them into a file. */
final class Bench {

    private final BenchOptions options;
    private final PrintWriter out;
    private final Path folder;
    private boolean allCount = true;

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
        try (PostgresServer server = start(settings)) {
            machine = Machine.describe(server, load);
            if (options.measures().contains("drain")) {
                sections.add(drain(server));
            }
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
        write(text);
        return allCount;
    }

    private String drain(PostgresServer server) throws Exception {
        StringBuilder section = new StringBuilder("## Drain\n");
        Drain drain = new Drain(server, options.jvm(), folder, this::tell);
        for (Workload workload : options.workloads()) {
            List<Reading> readings = drain.run(workload, options.systems(), options.rounds());
            allCount &= readings.stream().allMatch(Reading::counts);
            section.append("\n")
                    .append(workload.events())
                    .append(" events, ")
                    .append(workload.perTransaction())
                    .append(" per transaction, payload of ")
                    .append(workload.payloadBytes())
                    .append(" bytes, ")
                    .append(workload.aggregates())
                    .append(" aggregates:\n\n")
                    .append(Tables.drain(options.systems(), readings));
        }
        return section.toString();
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

    private void write(String text) throws IOException, InterruptedException {
        Path file = Files.createDirectories(options.results())
                .resolve(LocalDate.now(ZoneOffset.UTC) + "-" + Machine.commit(options.home()) + ".md");
        Files.writeString(file, text);
        tell("written to " + file + "; logs are in " + folder);
    }
}
