package dev.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RabbitProgramTest {

    private static final String NODE = "tidemark5672@localhost";

    @TempDir
    private Path directory;

    @Test
    void itHasSavedItsQueuesWhenTheirNamesAreOnTheDisk() throws IOException {
        assertThat(hasSaved()).as("before it has made anything").isTrue();
        Path queues = Files.createDirectories(
                directory.resolve(NODE).resolve("quorum").resolve(NODE));
        Path names = Files.writeString(queues.resolve("names.dets"), "\u00ff%2F_a 2F_A-1", StandardCharsets.ISO_8859_1);
        Files.writeString(queues.resolve("00000001.wal"), "");
        assertThat(hasSaved()).as("without queues").isTrue();
        Files.createDirectory(queues.resolve("2F_A-1"));
        assertThat(hasSaved()).as("with one that is saved").isTrue();
        Files.createDirectory(queues.resolve("2F_B-1"));
        assertThat(hasSaved()).as("with one that is not").isFalse();
        Files.writeString(names, "\u00ff%2F_a 2F_A-1 %2F_b 2F_B-1", StandardCharsets.ISO_8859_1);
        assertThat(hasSaved()).as("with two that are").isTrue();
    }

    private boolean hasSaved() {
        return RabbitProgram.hasSaved(Map.of("RABBITMQ_MNESIA_BASE", directory.toString(), "RABBITMQ_NODENAME", NODE));
    }
}
