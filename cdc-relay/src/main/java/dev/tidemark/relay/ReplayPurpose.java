package dev.tidemark.relay;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.Redelivery;
import dev.tidemark.relay.capture.Lsn;
import dev.tidemark.relay.capture.RetainedOutbox;
import java.sql.SQLException;

/** Somebody asked for events again. */
final class ReplayPurpose implements Loading.Purpose {

    private final Job job;
    private final Redelivery.Which which;

    ReplayPurpose(Job job, Redelivery.Which which) {
        this.job = job;
        this.which = which;
    }

    @Override
    public String name() {
        return job.name();
    }

    @Override
    public Lsn open(RetainedOutbox outbox) throws SQLException {
        return outbox.open(which.since(), which.aggregate(), which.latest());
    }

    @Override
    public Envelope envelope(Envelope retained) {
        return retained.toBuilder()
                .redelivery("replay:" + job.redelivery().id())
                .build();
    }

    @Override
    public void progress(long total, long seen, long more) throws BacklogException {
        job.progress(total, seen, more);
    }

    @Override
    public boolean isWanted() throws BacklogException {
        return job.isWanted();
    }
}
