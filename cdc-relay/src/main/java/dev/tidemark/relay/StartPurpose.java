package dev.tidemark.relay;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.capture.Lsn;
import dev.tidemark.relay.capture.RetainedOutbox;
import java.sql.SQLException;

/** A new subscriber begins with all that is retained. */
final class StartPurpose implements Loading.Purpose {

    private final String subscriber;

    StartPurpose(String subscriber) {
        this.subscriber = subscriber;
    }

    @Override
    public String name() {
        return "What subscriber " + subscriber + " begins with";
    }

    @Override
    public Lsn open(RetainedOutbox outbox) throws SQLException {
        return outbox.open();
    }

    @Override
    public Envelope envelope(Envelope retained) {
        return retained;
    }

    @Override
    public void progress(long total, long seen, long more) {}

    @Override
    public boolean isWanted() {
        return true;
    }
}
