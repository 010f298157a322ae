package dev.tidemark.relay.deliver;

/** Turns one lane on one thread: steps, waits, steps again, until the lane is stopped or its sink has a bug. */
final class LaneRunner implements Runnable {

    private final Lane lane;
    private final Reporter reporter;

    LaneRunner(Lane lane, Reporter reporter) {
        this.lane = lane;
        this.reporter = reporter;
    }

    @Override
    public void run() {
        try {
            while (!lane.isStopped()) {
                lane.awaitWork(lane.step());
            }
        } catch (InterruptedException interrupt) {
            if (!lane.isStopped()) {
                reporter.broken(lane.number(), interrupt);
            }
            Thread.currentThread().interrupt();
        } catch (SinkFailure failure) {
            reporter.broken(lane.number(), failure.getCause());
        } catch (RuntimeException | Error bug) {
            reporter.stuck(lane.number(), bug);
        }
    }
}
