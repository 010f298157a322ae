package dev.tidemark.torture;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Random;

/** Ends the server process that sends the log to the relay, once or a few times in a row. */
final class WalsenderEnd implements Fault {

    private static final int LONGEST_BETWEEN_MILLIS = 700;

    @Override
    public String name() {
        return "walsender";
    }

    @Override
    public String description() {
        return "pg_terminate_backend of the relay's walsender";
    }

    @Override
    public void inject(Random random, World world) throws SQLException, InterruptedException {
        for (int left = 1 + random.nextInt(3); left > 0; left--) {
            world.interrupted();
            world.source()
                    .run("select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = '"
                            + world.slot() + "' and active_pid is not null");
            world.pause(Duration.ofMillis(random.nextInt(LONGEST_BETWEEN_MILLIS)));
        }
    }
}
