package dev.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ServerFilesTest {

    private static final Path MEMORY = Path.of("memory");
    private static final Path DISK = Path.of("disk");
    private static final Map<String, String> VOLATILE = Map.of("fsync", "off");

    @Test
    void theyAreInMemoryIfThereIsPlenty() {
        assertThat(ServerFiles.place(VOLATILE, ServerFiles.PLENTY, MEMORY, DISK))
                .isEqualTo(MEMORY);
        assertThat(ServerFiles.place(VOLATILE, ServerFiles.PLENTY - 1, MEMORY, DISK))
                .isEqualTo(DISK);
    }

    @Test
    void thoseOfAServerThatWaitsForTheDiskAreThere() throws IOException {
        assertThat(ServerFiles.place(Map.of("fsync", "on"), Long.MAX_VALUE, MEMORY, DISK))
                .isEqualTo(DISK);
        assertThat(ServerFiles.place(Map.of(), Long.MAX_VALUE, MEMORY, DISK)).isEqualTo(DISK);
        Path directory = ServerFiles.create(Map.of("fsync", "on"));
        try {
            assertThat(directory).hasParent(Path.of(System.getProperty("java.io.tmpdir")));
        } finally {
            Files.delete(directory);
        }
    }

    @Test
    void whatIsAvailableIsReadFromTheKernel() {
        assertThat(ServerFiles.available("MemTotal: 24684096 kB\nMemFree:  1 kB\nMemAvailable:   21282172 kB\n"))
                .isEqualTo(21_282_172L << 10);
        assertThat(ServerFiles.available("MemTotal: 24684096 kB\n")).isZero();
    }
}
