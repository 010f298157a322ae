package dev.tidemark.sample.demo.page;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.http.ConflictResponse;
import io.javalin.http.InternalServerErrorResponse;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Spoils the replica of users, and has {@code tidemark verify} find and mend it: the command itself, as a process. */
final class Repairs implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String WRONG_NAME = "Mallory";
    private static final Duration TAKES_AT_MOST = Duration.ofMinutes(2);

    private final Scene scene;
    private final Rows rows;
    private final ReentrantLock oneAtATime = new ReentrantLock();
    private final AtomicReference<@Nullable Process> running = new AtomicReference<>();

    Repairs(Scene scene, Rows rows) {
        this.scene = scene;
        this.rows = rows;
    }

    /**
     * What the command found.
     *
     * @param exitCode as documented: 0 if they are equal, or were made so
     * @param left differences that were not mended, of those that were to be
     */
    record Outcome(int exitCode, long rows, List<Difference> differences, int repaired, int left, double seconds) {}

    /**
     * One difference.
     *
     * @param source what the owner has now; null if nothing
     * @param replica what the replica has now; null if nothing
     */
    record Difference(
            String key,
            String kind,
            long version,
            @Nullable String source,
            @Nullable String replica) {}

    /** Gives one of the users another name in the replica, by SQL; false if all have it already. */
    boolean corrupt(List<String> ids) {
        return rows.corrupt(ids, WRONG_NAME);
    }

    Outcome verify() throws IOException, InterruptedException {
        return run(scene.verify());
    }

    Outcome repair() throws IOException, InterruptedException {
        return run(scene.repair());
    }

    private Outcome run(List<String> command) throws IOException, InterruptedException {
        if (!oneAtATime.tryLock()) {
            throw new ConflictResponse("a comparison is running; wait for its end");
        }
        try {
            long started = System.nanoTime();
            Path report = scene.log().resolveSibling("verify.json"); // a pipe would have to be read to its end first
            Process process = new ProcessBuilder(command)
                    .redirectOutput(report.toFile())
                    .redirectError(Redirect.appendTo(scene.log().toFile()))
                    .start();
            running.set(process);
            try {
                if (!process.waitFor(TAKES_AT_MOST.toMillis(), TimeUnit.MILLISECONDS)) {
                    throw new InternalServerErrorResponse("tidemark verify did not end");
                }
                return outcome(process.exitValue(), Files.readString(report), (System.nanoTime() - started) / 1e9);
            } finally {
                running.set(null);
                process.destroyForcibly();
            }
        } finally {
            oneAtATime.unlock();
        }
    }

    private Outcome outcome(int exitCode, String out, double seconds) throws IOException {
        JsonNode report = parse(out);
        if (report == null) {
            List<String> said = Files.readAllLines(scene.log());
            throw new InternalServerErrorResponse("tidemark verify ended with exit code " + exitCode + ": "
                    + (said.isEmpty() ? "no reason given" : said.get(said.size() - 1)));
        }
        List<String> keys = new ArrayList<>();
        report.path("differences").forEach(each -> keys.add(each.path("key").asText()));
        Map<String, Rows.UserRow> there = rows.users(keys);
        Map<String, Rows.UserRow> here = rows.replica(keys);
        List<Difference> differences = new ArrayList<>();
        for (JsonNode each : report.path("differences")) {
            String key = each.path("key").asText();
            differences.add(new Difference(
                    key,
                    each.path("kind").asText(),
                    each.path("source_version").asLong(),
                    name(there.get(key)),
                    name(here.get(key))));
        }
        return new Outcome(
                exitCode,
                report.path("rows").asLong(),
                differences,
                report.path("repaired").asInt(),
                report.path("left").size(),
                seconds);
    }

    private static @Nullable JsonNode parse(String out) {
        try {
            JsonNode report = JSON.readTree(out);
            return report.isObject() ? report : null;
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    private static @Nullable String name(Rows.@Nullable UserRow row) {
        return row == null ? null : row.name();
    }

    @Override
    public void close() {
        Process process = running.get();
        if (process != null) {
            process.destroyForcibly();
        }
    }
}
