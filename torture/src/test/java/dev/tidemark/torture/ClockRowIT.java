package dev.tidemark.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Row 16, with the library libfaketime in the relay's process: where that is not installed, it is skipped, unless it is required. */
class ClockRowIT {

    private static final Duration HOUR = Duration.ofHours(1);

    private static final Duration DAYS = Duration.ofDays(3);

    /** Longer than a log, and shorter than any jump. */
    private static final Duration ABOUT = Duration.ofMinutes(30);

    private static final int KEYS = 2;

    /** More than may be under way, which is one for each key. */
    private static final int FURTHER = KEYS + 3;

    /** It is not a busy machine that shall take the lead away here. */
    private static final Duration LEASE = Duration.ofMinutes(1);

    private static final String EPOCH = "select epoch from tidemark.relay where slot = '%s'";

    @Test
    @DisplayName(
            "Row 16: clocks that jump by an hour and by three days, forward and back, lose, reorder and stop nothing")
    void clocksThatJumpStopNothing() throws Exception {
        Path library = library();
        Required.unless(library != null, "there is no libfaketime.so.1; row 16 needs the package faketime");
        Path offset = Files.createTempFile("tidemark-clock-", ".offset");
        set(offset, Duration.ZERO);
        RelaySettings settings = RelaySettings.draw(Relays.honest(), new Random(16))
                .withLease(LEASE)
                .withEnvironment(jumping(String.valueOf(library), offset));
        try (PostgresServer server = PostgresServer.start();
                Row row = Row.on(server, 16, settings)) {
            goesOnThroughJumps(row, offset, HOUR);
            row.kill();
            row.start();
            goesOnThroughJumps(row, offset, DAYS.negated());
            row.passes();
        } finally {
            Files.delete(offset);
        }
    }

    /** The clock is as far away as the file says, which is looked at each second. */
    private static Map<String, String> jumping(String library, Path offset) {
        return Map.of(
                "LD_PRELOAD", library,
                "FAKETIME_TIMESTAMP_FILE", offset.toString(),
                "FAKETIME_CACHE_DURATION", "1",
                "DONT_FAKE_MONOTONIC", "1",
                "FAKETIME_FORCE_MONOTONIC_FIX", "0"); // it is for an old libc, and has threads spin that should wait
    }

    /** The clock jumps under a relay that delivers, and later back; the relay goes on leading. */
    private static void goesOnThroughJumps(Row row, Path offset, Duration jump) throws Exception {
        refuseAndTake(row);
        String epoch = row.single(EPOCH.formatted(row.world().slot()));
        int before = row.world().relay().log().length();
        jump(row, offset, jump);
        jump(row, offset, Duration.ZERO);
        String notice =
                "the clock of this machine was set back by " + jump.abs().toSeconds() + " s";
        if (RelaySettings.FEED.equals("debezium")) { // the other feed does not wait by that clock
            row.await(() -> row.world().relay().log().substring(before).contains(notice), notice);
        }
        refuseAndTake(row);
        assertThat(row.single(EPOCH.formatted(row.world().slot())))
                .as("nobody has taken the lead")
                .isEqualTo(epoch);
    }

    /** Receivers refuse, and take again, until the log shows that the relay's clock is there. */
    private static void jump(Row row, Path offset, Duration away) throws Exception {
        int before = row.world().relay().log().length();
        set(offset, away);
        long deadline = System.nanoTime() + Matrix.RECOVERY.toNanos();
        while (!isWrittenFrom(away, row.world().relay().log().substring(before))) {
            assertThat(System.nanoTime())
                    .as(
                            "a line that is %s away is in the log:%n%s",
                            away, row.world().relay().log())
                    .isLessThan(deadline);
            refuseAndTake(row);
        }
    }

    private static void refuseAndTake(Row row) throws Exception {
        row.world().interrupted(); // a clock that is set back has the relay read again
        behave(row, Manner.always(Manner.Reaction.REFUSE));
        row.commit(Way.BATCH, Row.changes("k", 4, KEYS));
        awaitFurtherRequests(row);
        behave(row, Manner.GOOD);
        row.commit(Way.COPY, Row.changes("k", 40, 20));
        row.await(() -> row.world().ledger().isComplete(), "all is delivered");
    }

    private static void behave(Row row, Manner manner) {
        World.SUBSCRIBERS.forEach(name -> row.receiver(name).behave(manner));
    }

    private static void awaitFurtherRequests(Row row) throws InterruptedException {
        for (String name : World.SUBSCRIBERS) {
            Receiver receiver = row.receiver(name);
            int before = receiver.requests();
            row.await(() -> receiver.requests() >= before + FURTHER, name + " is tried again");
        }
    }

    private static boolean isWrittenFrom(Duration away, String log) {
        Instant there = Instant.now().plus(away);
        return log.lines()
                .filter(line -> line.matches("\\d{4}-\\d\\d-\\d\\dT.* .*"))
                .map(line -> OffsetDateTime.parse(line.substring(0, line.indexOf(' '))))
                .map(OffsetDateTime::toInstant)
                .anyMatch(time -> Duration.between(there, time).abs().compareTo(ABOUT) < 0);
    }

    /** In one step: never is there no file, and never half a number. */
    private static void set(Path offset, Duration away) throws IOException {
        Path next = Files.writeString(Path.of(offset + ".next"), "%+d%n".formatted(away.toSeconds()));
        Files.move(next, offset, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Where Debian and others put it, for each kind of machine; null if it is nowhere. */
    private static @Nullable Path library() throws IOException {
        for (Path folder : List.of(Path.of("/usr/lib"), Path.of("/usr/lib64"), Path.of("/usr/local/lib"))) {
            try (Stream<Path> found = Files.isDirectory(folder)
                    ? Files.find(folder, 3, (path, attributes) -> path.endsWith("faketime/libfaketime.so.1"))
                    : Stream.empty()) {
                Path library = found.findFirst().orElse(null);
                if (library != null) {
                    return library;
                }
            }
        }
        return null;
    }
}
