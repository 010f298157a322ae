package dev.tidemark.bench;

import dev.tidemark.testkit.Database;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** System A: PostgreSQL's own client, of whichever version this machine has. */
final class Recvlogical {

    private static final String NAME = "pg_recvlogical";
    private static final Path DEBIAN = Path.of("/usr/lib/postgresql");

    private Recvlogical() {}

    /** Where it is; empty if nowhere. */
    static Optional<Path> find() throws IOException {
        Stream<Path> onPath = Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, NAME));
        try (Stream<Path> versions = Files.isDirectory(DEBIAN) ? Files.list(DEBIAN) : Stream.empty()) {
            Stream<Path> packages = versions.sorted(java.util.Comparator.reverseOrder())
                    .map(version -> version.resolve("bin").resolve(NAME));
            return Stream.concat(packages, onPath).filter(Files::isExecutable).findFirst();
        }
    }

    /** Reads a slot to its end, and throws away what it gets. */
    static MeasuredProcess start(Database database, String slot, String end, Path folder) throws IOException {
        URI url = URI.create(database.url().substring("jdbc:".length()));
        ProcessBuilder builder = new ProcessBuilder(List.of(
                find().orElseThrow().toString(),
                "--host=" + url.getHost(),
                "--port=" + url.getPort(),
                "--username=" + database.user(),
                "--dbname=" + database.name(),
                "--slot=" + slot,
                "--start",
                "--no-loop",
                "--file=/dev/null",
                "--endpos=" + end,
                "--option=proto_version=1",
                "--option=publication_names=tidemark_outbox"));
        builder.environment().put("PGPASSWORD", database.password());
        return MeasuredProcess.start(builder, folder);
    }
}
