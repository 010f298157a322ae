package dev.tidemark.relay.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what the server's own plugin says, without Debezium.
 *
 * <p>One thread reads, offers and acknowledges. What is not read yet waits in the server, which is held up by the
 * connection; nothing is queued here, but what comes of transactions that are not over. It acknowledges ends of transactions that it has read whole, and nothing else:
 * {@link Heartbeat} has one come where the outbox is quiet.
 */
public final class PgoutputFeed implements ChangeFeed {

    private static final Logger log = LoggerFactory.getLogger(PgoutputFeed.class);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(20);
    private static final Duration LAST_TURN = Duration.ofSeconds(3);
    private static final Duration LONGEST_CLOSE = LAST_TURN.plusSeconds(2);
    private static final long SETTLED_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long TELL_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    /** The server hears of us also while nothing is read: it ends a stream that is silent for its timeout. */
    private static final long ALIVE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final FeedSettings settings;
    private final EventDecoder decoder;
    private final Permit permit;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile long lastTurnNanos;
    private volatile @Nullable PgoutputStream stream;
    private volatile boolean ran;

    private @Nullable Instant
            committedAt; // of the transaction that is being read; null between two; of its thread, as all that follow
    private Instant newest = Instant.now(); // when the newest transaction committed; before there is one, now
    private boolean leftOne;
    private long lookedNanos;
    private long toldNanos;
    private boolean untold;

    public PgoutputFeed(FeedSettings settings, EventDecoder decoder, Permit permit) {
        this.settings = settings;
        this.decoder = decoder;
        this.permit = permit;
    }

    @Override
    public void run(Receiver receiver) throws FeedException, InterruptedException {
        if (ran) {
            throw new IllegalStateException("a feed runs once; make a new one after a failure");
        }
        ran = true;
        try {
            SettledCommits commits = new SettledCommits(receiver, permit);
            boolean streaming = true;
            while (!isClosing()) {
                streaming = read(receiver, commits, streaming);
            }
        } catch (SQLException | IOException | RuntimeException e) {
            if (!isClosing()) {
                throw new FeedException("reading " + settings + " failed: " + FeedException.reason(e), e);
            }
        } finally {
            ended.countDown();
        }
    }

    @Override
    public void close() {
        closing.countDown();
        if (!ran || awaitEnd(LONGEST_CLOSE)) {
            return;
        }
        PgoutputStream open = stream;
        if (open != null) {
            open.abort(); // the server does not answer, or does not listen
        }
        awaitEnd(Duration.ofDays(1));
    }

    @Override
    public long lastTurnNanos() {
        return lastTurnNanos;
    }

    /** Reads until it closes, or until it has to read on in another way: answers whether what is open may be streamed. */
    private boolean read(Receiver receiver, SettledCommits commits, boolean streaming)
            throws SQLException, IOException, InterruptedException {
        try (CommittedMessages messages = new CommittedMessages(
                        new OpenTransactions(settings.queueBytes(), settings.directory(), filePrefix()));
                PgoutputStream opened = PgoutputStream.open(settings, streaming, closing);
                Heartbeat heartbeat = new Heartbeat(settings, opened.backendPid(), opened::abort)) {
            stream = opened;
            heartbeat.start();
            if (streaming) {
                receiver.streaming();
            }
            Turn turn = new Turn(opened, messages, heartbeat, commits, receiver);
            try {
                turns(turn);
            } catch (UnclearRollback e) {
                log.info(
                        "A subtransaction was rolled back in a transaction with logical messages. Slot {} is read"
                                + " again, without what is open, until the next start.",
                        settings.slot());
                last(turn, System.nanoTime() + LAST_TURN.toNanos());
                receiver.readsAgain(opened.position());
                return false;
            } catch (SQLException e) {
                String problem = heartbeat.problem();
                throw problem == null ? e : new SQLException(problem, e);
            }
        } finally {
            stream = null;
        }
        return streaming;
    }

    private String filePrefix() {
        return "tidemark-open-" + settings.slot() + "-";
    }

    private void turns(Turn turn) throws SQLException, IOException, InterruptedException, UnclearRollback {
        while (!isClosing()) {
            turn.once();
        }
        long end = System.nanoTime() + LAST_TURN.toNanos();
        while (committedAt != null && !leftOne && System.nanoTime() < end) {
            turn.once(); // perhaps all of it was taken, and only its end is not read
        }
        last(turn, end);
    }

    /** What is settled by now need not come again. */
    private static void last(Turn turn, long end) throws SQLException, InterruptedException {
        turn.acknowledge();
        while (turn.commits.awaitsPermit() && System.nanoTime() < end) {
            turn.receiver.awaitSettled(LOOK_AGAIN);
            turn.acknowledge();
        }
        turn.open.tellLast();
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    private boolean awaitEnd(Duration atMost) {
        try {
            return ended.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** What the thread does, again and again. */
    private final class Turn {

        private final PgoutputStream open;
        private final CommittedMessages messages;
        private final Heartbeat heartbeat;
        private final SettledCommits commits;
        private final Receiver receiver;

        Turn(
                PgoutputStream open,
                CommittedMessages messages,
                Heartbeat heartbeat,
                SettledCommits commits,
                Receiver receiver) {
            this.open = open;
            this.messages = messages;
            this.heartbeat = heartbeat;
            this.commits = commits;
            this.receiver = receiver;
        }

        void once() throws SQLException, IOException, InterruptedException, UnclearRollback {
            PgoutputMessage message = next();
            if (message != null) {
                handle(message);
            }
            long now = System.nanoTime();
            lastTurnNanos = now;
            if (message == null || now - lookedNanos >= SETTLED_NANOS) {
                acknowledge();
            }
        }

        private @Nullable PgoutputMessage next() throws SQLException, IOException, UnclearRollback {
            PgoutputMessage held = messages.next();
            ByteBuffer sent = held == null ? open.read() : null;
            return sent == null ? held : messages.take(sent, open.position());
        }

        void acknowledge() throws SQLException {
            SettledCommits.Commit reached = commits.next();
            if (reached != null) {
                open.acknowledge(reached.lsn());
                untold = true;
            }
            long now = System.nanoTime();
            lookedNanos = now;
            if (now - toldNanos >= (untold ? TELL_NANOS : ALIVE_NANOS)) {
                open.tell();
                toldNanos = now;
                untold = false;
            }
        }

        private void handle(PgoutputMessage message) throws SQLException, InterruptedException {
            if (message instanceof PgoutputMessage.Insert insert) {
                insert(insert);
            } else if (message instanceof PgoutputMessage.Begin begin) {
                begin(begin);
            } else if (message instanceof PgoutputMessage.Commit commit) {
                commit(commit);
            } else if (message instanceof PgoutputMessage.Logical logical) {
                logical(logical);
            }
        }

        private void begin(PgoutputMessage.Begin begin) {
            if (committedAt != null) {
                throw new IllegalArgumentException("a transaction begins inside of another one");
            }
            committedAt = begin.committedAt();
            newest = begin.committedAt();
        }

        private void commit(PgoutputMessage.Commit commit) {
            opened("a commit");
            committedAt = null;
            if (!leftOne) {
                commits.saw(commit.end().bytes());
            }
        }

        private void insert(PgoutputMessage.Insert insert) throws SQLException, InterruptedException {
            Instant at = opened("a row");
            PgoutputTable table = messages.table(insert.relation());
            if (table.name().equals(settings.table())) {
                List<@Nullable ByteBuffer> values = insert.values();
                offer(decoder.row(messages.position(), at, table.row(values), () -> table.raw(values)));
            }
        }

        /** One that is not transactional stands between two transactions, and has no time. */
        private void logical(PgoutputMessage.Logical message) throws SQLException, InterruptedException {
            Instant at = message.transactional() ? opened("a logical message") : newest;
            byte[] content = EventDecoder.bytes(message.content());
            Change change = decoder.message(message.lsn(), at, message.prefix(), content);
            if (change != null) {
                offer(change);
            }
        }

        private Instant opened(String what) {
            Instant at = committedAt;
            if (at == null) {
                throw new IllegalArgumentException(what + " comes outside of a transaction");
            }
            return at;
        }

        private void offer(Change change) throws SQLException, InterruptedException {
            if (leftOne) {
                return;
            }
            Offer answer = isClosing() ? Offer.FULL : receiver.offer(change);
            while (answer == Offer.FULL && !isClosing()) {
                acknowledge();
                lastTurnNanos = System.nanoTime();
                String problem = heartbeat.problem();
                if (problem != null) {
                    throw new SQLException(problem);
                }
                receiver.awaitSettled(LOOK_AGAIN);
                answer = receiver.offer(change);
            }
            if (answer == Offer.TAKEN) {
                commits.took();
            }
            leftOne = answer == Offer.FULL; // no later commit may be acknowledged
        }
    }
}
