package dev.tidemark.torture;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Waits until a {@link World} has recovered, and says what has become of it. For one thread. */
final class Inspection {

    private static final Duration LOOKS_EVERY = Duration.ofMillis(50);
    private static final Duration STOPS_WITHIN = Duration.ofSeconds(30);

    private static final String BACKLOG =
            "select coalesce(string_agg(line, ', '), 'nothing') from (select subscriber || ' ' || count(*) || ' '"
                    + " || state || ' ' || cause as line from tidemark.backlog group by subscriber, state, cause) lines";

    private static final String WAITING = "select exists (select from tidemark.backlog where state = 'waiting')";

    private final World world;
    private final Duration bound;
    private final List<String> problems;
    private Duration recovery = Duration.ZERO;

    /**
     * An inspection.
     *
     * @param bound of the recovery
     * @param problems where they are added to
     */
    Inspection(World world, Duration bound, List<String> problems) {
        this.world = world;
        this.bound = bound;
        this.problems = problems;
    }

    /**
     * Waits until all is delivered and acknowledged, and has the relay stop.
     *
     * @param faultGone when the last fault was, by {@link System#nanoTime}
     */
    void settle(long faultGone) throws InterruptedException {
        long from = Math.max(faultGone, world.ledger().lastCommitAt());
        long left = bound.toNanos() - (System.nanoTime() - from);
        boolean complete = world.ledger().await(() -> world.ledger().isComplete(), Duration.ofNanos(left));
        recovery = Duration.ofNanos(System.nanoTime() - from);
        if (!complete) {
            problems.add("C7: not all was delivered within " + bound.toSeconds() + " s; " + whereItStands());
            return;
        }
        awaitAcknowledged();
        awaitDrained();
        awaitStopped();
    }

    /** What a person who has only this line wants to know first: is it in a backlog, or does it hold the slot? */
    private String whereItStands() {
        try (Connection connection = world.source().connect();
                PreparedStatement query = connection.prepareStatement(BACKLOG);
                ResultSet row = query.executeQuery()) {
            row.next();
            return "the slot stands at " + world.watch().confirmed() + "; in the backlog: " + row.getString(1)
                    + "; the relay says " + world.relay().readiness()
                    + "; the consumer last refused an event for: "
                    + world.consumer().lastFailure();
        } catch (SQLException e) {
            return "the database does not say where it stands: " + e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    /** What is delivered must be acknowledged too, or the log would grow. */
    private void awaitAcknowledged() throws InterruptedException {
        long deadline = System.nanoTime() + bound.toNanos();
        while (!world.allIsAcknowledged()) {
            if (System.nanoTime() > deadline) {
                problems.add("C7: all is delivered, but the slot stays at "
                        + world.watch().confirmed() + ", before the last commit");
                return;
            }
            world.pause(LOOKS_EVERY);
        }
    }

    /** What comes again may wait in the backlog when it is acknowledged, and only its end is the newest event. */
    private void awaitDrained() throws InterruptedException {
        long deadline = System.nanoTime() + bound.toNanos();
        while (!isDrained()) {
            if (System.nanoTime() > deadline) {
                problems.add("C7: all is delivered, but something waits in the backlog; " + whereItStands());
                return;
            }
            world.pause(LOOKS_EVERY);
        }
    }

    private boolean isDrained() {
        try (Connection connection = world.source().connect();
                PreparedStatement query = connection.prepareStatement(WAITING);
                ResultSet row = query.executeQuery()) {
            row.next();
            return !row.getBoolean(1);
        } catch (SQLException e) {
            throw new IllegalStateException("the database does not say what waits: " + e.getMessage(), e);
        }
    }

    private void awaitStopped() throws InterruptedException {
        world.relay().stop();
        Integer code = world.relay().awaitExit(STOPS_WITHIN);
        if (code == null || code != 0) {
            problems.add("the relay that was told to stop ended with " + code + ", and not with 0");
        }
    }

    /** What is found by now. */
    Verdict verdict(long seed, List<String> injected) throws SQLException {
        String complaint = world.relay().complaint();
        if (complaint != null) {
            problems.add(complaint);
        }
        Map<UUID, Long> commits = world.commits();
        commits.keySet().retainAll(world.ledger().written());
        Acknowledgements acknowledgements =
                new Acknowledgements(world.ledger(), commits, world.watch().stored(), World.SUBSCRIBERS);
        add("C6: ", acknowledgements.tooEarly(world.watch().looks()));
        add("C3: ", acknowledgements.unexplained(world.interruptions()));
        add("C4: ", world.consumer().differences(world.source()));
        world.consumer().tellEffects(World.INBOX, world.ledger());
        return new Verdict(seed, List.copyOf(injected), world.ledger().report(), List.copyOf(problems), recovery);
    }

    private void add(String prefix, List<String> lines) {
        lines.forEach(line -> problems.add(prefix + line));
    }
}
