package dev.tidemark.bench;

import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The process of a system, as the harness sees it. For one thread. */
final class MeasuredProcess implements AutoCloseable {

    private static final Duration ENDS_WITHIN = Duration.ofSeconds(60);
    private static final int LINES_SHOWN = 15;

    private final Path folder;
    private final Process process;
    private boolean endedBySignal;

    private MeasuredProcess(Path folder, Process process) {
        this.folder = folder;
        this.process = process;
    }

    /** A JVM of {@link MeasuredMain}. */
    static MeasuredProcess java(Measured measured, List<String> jvm) throws IOException {
        measured.write();
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvm);
        command.addAll(List.of("-Dlogback.configurationFile=dev/tidemark/bench/logback.xml"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path").replace(File.pathSeparator + " ", "")));
        command.addAll(List.of(MeasuredMain.class.getName(), measured.folder().toString()));
        return start(new ProcessBuilder(command), measured.folder());
    }

    static MeasuredProcess start(ProcessBuilder builder, Path folder) throws IOException {
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        return new MeasuredProcess(folder, process);
    }

    /** It does not end by itself when its input does. */
    MeasuredProcess endedBySignal() {
        endedBySignal = true;
        return this;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** 0 if it ended well. */
    int exitCode() {
        return process.exitValue();
    }

    double cpuSeconds() {
        return Kernel.cpuSeconds(process.pid()).orElse(0);
    }

    /** What it has written about that, null until it has. */
    @Nullable
    Properties said(String file) throws IOException {
        Path path = folder.resolve(file);
        if (!Files.exists(path)) {
            return null;
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(path)) {
            properties.load(reader);
        }
        return properties;
    }

    /** Has it end, and tells its verdict; all is missing if it tells none. */
    Gate.Verdict end(int expected) throws IOException {
        close();
        Properties verdict = said(Arrivals.VERDICT);
        return verdict == null
                ? new Gate.Verdict(expected, 0, 0, 0)
                : new Gate.Verdict(
                        number(verdict, "missing"),
                        number(verdict, "inversions"),
                        number(verdict, "duplicates"),
                        number(verdict, "unknown"));
    }

    static long number(Properties properties, String name) {
        return Long.parseLong(properties.getProperty(name));
    }

    static double fraction(Properties properties, String name) {
        return Double.parseDouble(properties.getProperty(name));
    }

    /** The end of what it wrote to its log. */
    String endOfLog() throws IOException {
        List<String> lines = Files.readAllLines(folder.resolve("log"));
        return String.join("\n", lines.subList(Math.max(0, lines.size() - LINES_SHOWN), lines.size()));
    }

    @Override
    public void close() {
        try {
            process.getOutputStream().close();
        } catch (IOException ended) {
            // by itself
        }
        if (endedBySignal) {
            process.destroy();
        }
        try {
            process.waitFor(ENDS_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}
