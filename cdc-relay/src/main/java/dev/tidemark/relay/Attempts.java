package dev.tidemark.relay;

import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.FencedException;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is tried again until it succeeds. Each has its own trouble, which keeps nothing else back, and is logged once. For one thread. */
final class Attempts {

    private static final Logger log = LoggerFactory.getLogger(Attempts.class);

    private final CountDownLatch stop;
    private final Map<String, String> troubles = new HashMap<>();

    /** One try. */
    interface Try {
        void run() throws SQLException, BacklogException, InterruptedException;
    }

    /** @param stop counted down when this is to stop: what fails then is nothing to tell */
    Attempts(CountDownLatch stop) {
        this.stop = stop;
    }

    /**
     * Tries it once.
     *
     * @param what cannot be done if it fails, for people: such as {@code job 7 could not be looked at}
     * @return why it failed, in one line; empty if it did not
     * @throws FencedException if another relay leads now
     */
    Optional<String> attempt(String what, Try once) throws FencedException, InterruptedException {
        try {
            once.run();
            troubles.remove(what);
            return Optional.empty();
        } catch (FencedException e) {
            throw e;
        } catch (SQLException | BacklogException | RuntimeException e) {
            String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("unknown");
            if (stop.getCount() > 0 && troubles.put(what, reason) == null) {
                log.warn("{}: {}. Trying again, and going on with the rest.", what, reason, e);
            }
            return Optional.of(reason);
        }
    }
}
