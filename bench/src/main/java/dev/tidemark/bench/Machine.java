package dev.tidemark.bench;

import dev.tidemark.testkit.PostgresServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;

/** What a result depends on: the machine, and versions. */
final class Machine {

    private Machine() {}

    /** A list in Markdown. */
    static String describe(PostgresServer server, String load) throws Exception {
        String cpu = firstMatch("/proc/cpuinfo", "model name");
        String memory = firstMatch("/proc/meminfo", "MemTotal");
        String postgres;
        try (Connection connection = server.database("postgres").connect()) {
            postgres = connection.getMetaData().getDatabaseProductVersion();
        }
        String client = Recvlogical.find().isPresent()
                ? output(List.of(Recvlogical.find().orElseThrow().toString(), "--version"))
                : "none";
        return """
                - CPU: %s, %d cores; memory: %s; Linux %s
                - load average at the start: %s
                - Java %s (%s); PostgreSQL %s; A is %s; Debezium %s
                """.formatted(
                        cpu,
                        Runtime.getRuntime().availableProcessors(),
                        memory,
                        System.getProperty("os.version"),
                        load,
                        System.getProperty("java.version"),
                        System.getProperty("java.vm.name"),
                        postgres,
                        client,
                        version(io.debezium.engine.DebeziumEngine.class));
    }

    /** Of one, five and fifteen minutes. */
    static String load() throws IOException {
        String[] fields = Files.readString(Path.of("/proc/loadavg")).split(" ", -1);
        return fields[0] + ", " + fields[1] + ", " + fields[2];
    }

    /** Of the checkout, short; {@code unknown} outside of one, and {@code …-changed} if files differ from it. */
    static String commit(Path home) throws IOException, InterruptedException {
        String commit = output(List.of("git", "-C", home.toString(), "rev-parse", "--short", "HEAD"));
        if (!commit.matches("[0-9a-f]+")) {
            return "unknown";
        }
        String changes = output(List.of("git", "-C", home.toString(), "status", "--porcelain", "--untracked-files=no"));
        return changes.isEmpty() ? commit : commit + "-changed";
    }

    private static String version(Class<?> type) {
        String jar = type.getProtectionDomain().getCodeSource().getLocation().getPath();
        return jar.replaceFirst(".*-(\\d+\\.[^/]*)\\.jar", "$1");
    }

    private static String firstMatch(String file, String key) throws IOException {
        return Files.readAllLines(Path.of(file)).stream()
                .filter(line -> line.startsWith(key))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("unknown");
    }

    private static String output(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return process.waitFor() == 0 ? output : "";
    }
}
