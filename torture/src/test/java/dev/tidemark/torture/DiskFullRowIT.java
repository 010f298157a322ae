package dev.tidemark.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Row 14, on a small file system in memory: where nobody may mount one, it is skipped, unless it is required. */
class DiskFullRowIT {

    @Test
    @DisplayName("Row 14: nothing that was committed is lost when the disk of Postgres is full")
    void nothingIsLostWhenTheDiskIsFull() throws Exception {
        Path disk = Files.createTempDirectory("tidemark-disk-");
        boolean mounted = run("mount", "-t", "tmpfs", "-o", "size=200m,mode=0777", "tmpfs", disk.toString());
        Required.unless(mounted, "nobody may mount a small file system here; row 14 needs root");
        try (PostgresServer server = PostgresServer.builder()
                .directory(disk)
                .setting("max_wal_size", "1GB")
                .start()) {
            fill(server, disk);
        } finally {
            run("umount", "-l", disk.toString());
            Files.delete(disk);
        }
    }

    private static void fill(PostgresServer server, Path disk) throws Exception {
        try (Row row = Row.on(server, 14)) {
            row.receiver(World.PLAIN).behave(Manner.always(Manner.Reaction.REFUSE)); // the slot holds the log
            row.commit(Way.COPY, Row.changes("before-", 60, 20));
            row.run("create table filling (text text)");
            row.await(() -> isFull(row), "the disk is full");
            row.world().forgotten(); // Postgres may have crashed of it, and may do so again
            assertThat(run("mount", "-o", "remount,size=1g", disk.toString())).isTrue();
            server.kill9();
            server.restart();
            row.receiver(World.PLAIN).behave(Manner.GOOD);
            row.world().relay().awaitReady();
            row.commit(Way.COPY, Row.changes("after-", 60, 20));
            row.passes();
        }
    }

    /** Everything goes into the log and into a table; whatever fails first. */
    private static boolean isFull(Row row) {
        try {
            row.world()
                    .source()
                    .run("insert into filling select repeat(md5(i::text), 30) from generate_series(1, 5000) as i");
            return false;
        } catch (SQLException full) {
            return true;
        }
    }

    private static boolean run(String... command) throws Exception {
        Process process = new ProcessBuilder(List.of(command))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor() == 0;
    }
}
