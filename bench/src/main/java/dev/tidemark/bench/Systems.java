package dev.tidemark.bench;

import dev.tidemark.testkit.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Says what a process that is measured is told. */
final class Systems {

    /** Has the place of a sink, which another one takes. */
    static final String NOWHERE = "http: { url: \"http://127.0.0.1:9/\" }";

    private Systems() {}

    static Measured measured(
            Database database,
            Workload workload,
            Contender system,
            String slot,
            String sink,
            Path folder,
            boolean keepTimes)
            throws IOException {
        Path relay = Files.writeString(folder.resolve("relay.yaml"), """
                source: { url: "%s", user: "%s", password: "%s", slot: %s, feed: %s }
                ops: { host: 127.0.0.1, port: 0 }
                subscribers:
                  - name: bench
                    %s
                """.formatted(
                        database.url(), database.user(), database.password(), slot, system.feed(), sink));
        return new Measured(
                system.order(),
                folder,
                database.url(),
                database.user(),
                database.password(),
                slot,
                workload.expected(),
                workload.aggregates(),
                keepTimes,
                relay);
    }
}
