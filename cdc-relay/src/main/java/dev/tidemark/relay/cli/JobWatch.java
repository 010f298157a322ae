package dev.tidemark.relay.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tidemark.relay.backlog.Redelivery;
import dev.tidemark.relay.backlog.Redelivery.Stage;
import dev.tidemark.relay.backlog.RedeliveryAdmin;
import dev.tidemark.relay.backlog.RedeliveryAdmin.Look;
import dev.tidemark.relay.config.Durations;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine;

/** Looks at one job, and shows how far it is until it is over. For one thread. */
final class JobWatch {

    private static final Duration LOOK_EVERY = Duration.ofMillis(500);

    private final RedeliveryAdmin redeliveries;
    private final long job;
    private final CommandLine line;
    private final boolean json;
    private final PrintWriter out;

    /** @param line whose output it writes to: how far it is to standard error, what became of it to standard output */
    JobWatch(RedeliveryAdmin redeliveries, long job, CommandLine line, boolean json) {
        this(redeliveries, job, line, json, line.getOut());
    }

    /** @param out where what became of it is written to */
    JobWatch(RedeliveryAdmin redeliveries, long job, CommandLine line, boolean json, PrintWriter out) {
        this.redeliveries = redeliveries;
        this.job = job;
        this.line = line;
        this.json = json;
        this.out = out;
    }

    /** Shows it as it is now; returns {@link Exit#OK}. */
    int show() throws SQLException {
        print(look());
        return Exit.OK;
    }

    /**
     * Waits until it is over.
     *
     * @param patience how long for a relay to begin
     * @return the exit code
     */
    int await(Duration patience) throws SQLException, InterruptedException {
        long began = System.nanoTime();
        ProgressBar bar = new ProgressBar(line.getErr(), ProgressBar.isTerminal(), System::nanoTime);
        while (true) {
            Look look = look();
            if (look.job().stage().isOver()) {
                bar.end();
                print(look);
                return exit(look);
            }
            if (look.job().stage() == Stage.REQUESTED && System.nanoTime() - began > patience.toNanos()) {
                bar.end();
                print(look);
                Main.line(
                        line.getErr(),
                        "no relay has begun within " + Durations.show(patience) + "; it stays requested as job " + job
                                + ", and the relay that leads does it. See: tidemark redelivery watch --id " + job);
                return Exit.NO_ANSWER;
            }
            show(bar, look);
            pause();
        }
    }

    /**
     * Waits until it is cancelled.
     *
     * @param asked whether this was the first to ask for its end, while it was going on
     * @return the exit code
     */
    int awaitCancelled(Duration patience, boolean asked) throws SQLException, InterruptedException {
        long began = System.nanoTime();
        Look look = look();
        boolean wasGoingOn = asked || !look.job().stage().isOver();
        while (!look.job().stage().isOver() && System.nanoTime() - began < patience.toNanos()) {
            pause();
            look = look();
        }
        print(look);
        if (!look.job().stage().isOver()) {
            return Exit.NO_ANSWER;
        }
        return switch (look.job().stage()) {
            case CANCELLED -> wasGoingOn ? Exit.OK : Exit.NOTHING;
            case FAILED -> wasGoingOn ? Exit.FAILED : Exit.NOTHING;
            default -> Exit.NOTHING;
        };
    }

    private void pause() throws InterruptedException {
        LockSupport.parkNanos(LOOK_EVERY.toNanos());
        if (Thread.interrupted()) {
            throw new InterruptedException("while waiting for job " + job);
        }
    }

    private Look look() throws SQLException {
        return redeliveries
                .look(job)
                .orElseThrow(() -> new CommandLine.ParameterException(
                        line, "there is no job " + job + "; see: tidemark redelivery list"));
    }

    private void show(ProgressBar bar, Look look) {
        switch (look.job().stage()) {
            case REQUESTED ->
                bar.say("job " + job + ": " + (look.answer() == null ? "waits for the relay" : look.answer()));
            case STORING -> {
                Long total = look.total();
                if (total == null) {
                    bar.say("job " + job + ": looking what there is");
                } else {
                    bar.show("job " + job + ": stored", look.seen(), total);
                }
            }
            default -> bar.show("job " + job + ": delivered", look.stored() - look.waiting(), look.stored());
        }
    }

    private static int exit(Look look) {
        if (look.job().stage() != Stage.DONE || look.dead() > 0) {
            return Exit.FAILED;
        }
        return look.stored() == 0 ? Exit.NOTHING : Exit.OK;
    }

    private void print(Look look) {
        if (json) {
            Json.print(out, json(look));
            return;
        }
        String answer = look.answer();
        Main.line(
                out,
                "job " + job + " for " + look.job().subscriber() + ": " + stage(look.job())
                        + (answer == null ? "" : ": " + Plain.text(answer)));
    }

    static String stage(Redelivery job) {
        return job.stage().name().toLowerCase(Locale.ROOT);
    }

    /** One job, for people's programs. */
    static ObjectNode json(Look look) {
        Redelivery job = look.job();
        ObjectNode json = Json.object()
                .put("job", job.id())
                .put("subscriber", job.subscriber())
                .put("state", stage(job));
        if (job.wanted() instanceof Redelivery.States states) {
            List<String> ids = states.ids();
            json.put("kind", "state")
                    .put("aggregatetype", states.aggregateType())
                    .put("aggregates", ids == null ? null : (Integer) ids.size());
        } else if (job.wanted() instanceof Redelivery.Which which) {
            json.put("kind", "replay")
                    .put("since", which.since() == null ? null : which.since().toString())
                    .put("aggregate", which.aggregate())
                    .put("latest_only", which.latest());
        }
        return json.put("requested_by", look.requestedBy())
                .put("requested_at", look.requestedAt().toString())
                .put("total", look.total())
                .put("seen", look.seen())
                .put("stored", look.stored())
                .put("waiting", look.waiting())
                .put("dead", look.dead())
                .put("answer", look.answer())
                .put("done_at", look.doneAt() == null ? null : look.doneAt().toString());
    }
}
