package dev.tidemark.torture;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Random;

/** Adds a column to the outbox under load, and takes it away again. */
final class AlterTable implements Fault {

    private static final int TRIES = 200;
    private static final Duration BETWEEN = Duration.ofMillis(20);

    @Override
    public String name() {
        return "alter-table";
    }

    @Override
    public String description() {
        return "a column is added to the outbox under load, and dropped again";
    }

    @Override
    public void inject(Random random, World world) throws SQLException, InterruptedException {
        String column = "note_" + random.nextInt(1_000_000);
        alter(world, "add column " + column + " text default 'x'");
        world.pause(Duration.ofMillis(random.nextInt(1000)));
        alter(world, "drop column " + column);
    }

    /** As whoever alters a busy table must: with a short wait for the lock, again and again. */
    private static void alter(World world, String what) throws SQLException, InterruptedException {
        for (int tries = 1; ; tries++) {
            try {
                world.source().run("set lock_timeout = '100ms'; alter table outbox " + what);
                return;
            } catch (SQLException e) {
                if (!"55P03".equals(e.getSQLState()) || tries == TRIES) {
                    throw e;
                }
                world.pause(BETWEEN);
            }
        }
    }
}
