package dev.tidemark.torture;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Has one receiver reject the events of one item in a few, until the first of each is dead and the others wait behind
 * it; then it takes them again, and somebody asks for a retry.
 */
final class ReceiverReject implements Fault {

    private static final int LONGEST_MILLIS = 3000;
    private static final int ONE_IN = 10;
    private static final Duration COMES_WITHIN = Duration.ofSeconds(30);
    private static final Duration ASKS_EVERY = Duration.ofMillis(500);
    private static final Duration LOOKS_EVERY = Duration.ofMillis(50);

    @Override
    public String name() {
        return "receiver-reject";
    }

    @Override
    public String description() {
        return "one receiver answers 400 to the events of some aggregates; later they are retried";
    }

    @Override
    public void inject(Random random, World world) throws Exception {
        Receiver receiver = world.anyReceiver(random);
        Manner before = receiver.manner();
        int chosen = random.nextInt(ONE_IN);
        Set<UUID> rejected = ConcurrentHashMap.newKeySet();
        receiver.behave(event -> {
            if (Math.floorMod(event.aggregate().id().hashCode(), ONE_IN) != chosen) {
                return before.toward(event);
            }
            rejected.add(event.id());
            return Manner.Reaction.REJECT;
        });
        world.pause(Duration.ofMillis(300 + random.nextInt(LONGEST_MILLIS)));
        receiver.behave(before);
        retry(world, receiver.name(), rejected);
    }

    /** Until they have come: an answer that was under way may make one dead after the first retry. */
    private static void retry(World world, String subscriber, Set<UUID> rejected)
            throws SQLException, InterruptedException {
        long deadline = System.nanoTime() + COMES_WITHIN.toNanos();
        while (!world.ledger().await(() -> world.ledger().hasTaken(subscriber, rejected), ASKS_EVERY)) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("C7: " + subscriber + " rejected " + rejected.size()
                        + " events, and has not got all of them in " + COMES_WITHIN.toSeconds() + " s of retries");
            }
            try (Connection connection = world.source().connect()) {
                awaitAnswer(world, connection, ask(connection, world.slot(), subscriber), deadline);
            }
        }
    }

    private static long ask(Connection connection, String slot, String subscriber) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into tidemark.command (slot, subscriber, verb) values (?, ?, 'retry') returning id")) {
            insert.setString(1, slot);
            insert.setString(2, subscriber);
            try (ResultSet row = insert.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private static void awaitAnswer(World world, Connection connection, long command, long deadline)
            throws SQLException, InterruptedException {
        try (PreparedStatement query =
                connection.prepareStatement("select state, answer from tidemark.command where id = ?")) {
            query.setLong(1, command);
            while (System.nanoTime() < deadline) {
                try (ResultSet row = query.executeQuery()) {
                    row.next();
                    if (row.getString(1).equals("failed")) {
                        throw new IllegalStateException("a command to retry failed: " + row.getString(2));
                    }
                    if (row.getString(1).equals("done")) {
                        return;
                    }
                }
                world.pause(LOOKS_EVERY);
            }
        }
    }
}
