package dev.tidemark.inbox;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.Consumer;
import io.lettuce.core.RedisBusyException;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XAutoClaimArgs;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.models.stream.ClaimedMessages;
import io.lettuce.core.models.stream.PendingMessages;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Streams of Redis. */
final class RedisSource implements Source {

    private static final Logger log = LoggerFactory.getLogger(RedisSource.class);
    private static final Duration BLOCK = Duration.ofMillis(500);
    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(10);
    private static final Duration END = Duration.ofSeconds(2);
    private static final int PAGE = 256;

    private final RedisURI server;
    private final ClientOptions options;
    private final List<String> streams;
    private final String group;
    private final DataSource dataSource;

    RedisSource(RedisURI server, ClientOptions options, List<String> streams, String group, DataSource dataSource) {
        this.server = RedisURI.builder(server).build();
        if (this.server.getTimeout().compareTo(LONGEST_ANSWER) > 0) {
            this.server.setTimeout(LONGEST_ANSWER);
        }
        this.options = options.mutate()
                .autoReconnect(false)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .build();
        this.streams = streams;
        this.group = group;
        this.dataSource = dataSource;
    }

    @Override
    public String place() {
        return "Redis at " + server.getHost() + ":" + server.getPort() + ", group " + group;
    }

    @Override
    public void read(Term term) throws SQLException, InterruptedException {
        RedisClient client = RedisClient.create();
        client.setOptions(options);
        RedisCodec<String, byte[]> codec = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);
        try (SoleReader sole = SoleReader.await(dataSource, sequences(), term);
                StatefulRedisConnection<String, byte[]> reads = client.connect(codec, server);
                StatefulRedisConnection<String, byte[]> acknowledges = client.connect(codec, server);
                term) {
            new Streams(term, sole, reads.sync(), acknowledges).read();
        } finally {
            client.shutdown(0, END.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private List<String> sequences() {
        return streams.stream().map(stream -> "redis " + group + " " + stream).toList();
    }

    /** During one connection. */
    private final class Streams {

        private final Term term;
        private final SoleReader sole;
        private final RedisCommands<String, byte[]> reads;
        private final StatefulRedisConnection<String, byte[]> acknowledges;
        private final Map<String, Lot> lots = new HashMap<>();

        /** Of this connection only: what the one before may still be given would look like ours. */
        private final String name = "tidemark-" + UUID.randomUUID();

        private volatile @Nullable RuntimeException unacknowledged;

        Streams(
                Term term,
                SoleReader sole,
                RedisCommands<String, byte[]> reads,
                StatefulRedisConnection<String, byte[]> acknowledges) {
            this.term = term;
            this.sole = sole;
            this.reads = reads;
            this.acknowledges = acknowledges;
        }

        void read() throws SQLException, InterruptedException {
            for (String stream : streams) {
                lots.put(stream, term.lot(stream));
                makeGroup(stream);
            }
            term.reads();
            for (String stream : streams) {
                claim(stream);
            }
            while (!term.isStopping()) {
                requireAcknowledging();
                readNew();
            }
            term.close();
            leave();
        }

        /** Entries that cannot be acknowledged are claimed again over other connections. */
        private void requireAcknowledging() {
            RuntimeException failure = unacknowledged;
            if (failure != null || !acknowledges.isOpen()) {
                throw new IllegalStateException("entries cannot be acknowledged", failure);
            }
        }

        private void makeGroup(String stream) {
            try {
                reads.xgroupCreate(StreamOffset.from(stream, "0"), group, XGroupCreateArgs.Builder.mkstream());
            } catch (RedisBusyException e) {
                // it is there
            }
        }

        /** What was read and not acknowledged, by whomever: it comes before everything that is new. */
        private void claim(String stream) throws SQLException, InterruptedException {
            long pending = reads.xpending(stream, group).getCount();
            long claimed = 0;
            String from = "0-0";
            do {
                sole.require();
                ClaimedMessages<String, byte[]> page = reads.xautoclaim(
                        stream,
                        XAutoClaimArgs.Builder.xautoclaim(Consumer.from(group, name), Duration.ZERO, from)
                                .count(PAGE));
                for (StreamMessage<String, byte[]> entry : page.getMessages()) {
                    claimed++;
                    if (!awaitRoom(stream)) {
                        return;
                    }
                    submit(entry);
                }
                from = page.getId();
            } while (!from.equals("0-0"));
            if (claimed < pending) {
                log.error(
                        "{}, stream {}: {} entries that were not handled are not there any more; the stream keeps too few",
                        place(),
                        stream,
                        pending - claimed);
            }
        }

        private boolean awaitRoom(String stream) throws SQLException, InterruptedException {
            while (lot(stream).awaitRoom(BLOCK) <= 0) {
                if (term.isStopping()) {
                    return false;
                }
                sole.require();
            }
            return true;
        }

        @SuppressWarnings({"unchecked", "rawtypes"}) // an array of StreamOffset
        private void readNew() throws SQLException, InterruptedException {
            List<String> free =
                    streams.stream().filter(stream -> lot(stream).room() > 0).toList();
            if (free.isEmpty()) {
                term.pause(BLOCK.dividedBy(10));
                sole.require();
                return;
            }
            int count =
                    free.stream().mapToInt(stream -> lot(stream).room()).min().orElse(1);
            List<StreamMessage<String, byte[]>> entries = reads.xreadgroup(
                    Consumer.from(group, name),
                    XReadArgs.Builder.block(BLOCK).count(Math.min(PAGE, count)),
                    free.stream().map(StreamOffset::lastConsumed).toArray(StreamOffset[]::new));
            sole.require();
            if (!entries.isEmpty()) {
                free.forEach(this::requireNobodyElse);
            }
            entries.forEach(this::submit);
        }

        /** Somebody who had the right before may have read something since, and what was read here is behind that. */
        private void requireNobodyElse(String stream) {
            PendingMessages pending = reads.xpending(stream, group);
            pending.getConsumerMessageCount().forEach((consumer, count) -> {
                if (!consumer.equals(name) && count > 0) {
                    throw new IllegalStateException("the consumer " + consumer + " has read " + count + " entries of "
                            + stream + " meanwhile; they are claimed before anything else is handled");
                }
            });
        }

        private void submit(StreamMessage<String, byte[]> entry) {
            lot(entry.getStream())
                    .submit(new RedisEntry(acknowledges.sync(), group, entry, failure -> unacknowledged = failure));
        }

        private Lot lot(String stream) {
            Lot lot = lots.get(stream);
            if (lot == null) {
                throw new IllegalStateException("an entry of the stream " + stream + ", which was not asked for");
            }
            return lot;
        }

        /** Removes the consumer, unless it has entries still: they would be forgotten. */
        private void leave() {
            for (String stream : streams) {
                if (reads.xpending(stream, group).getConsumerMessageCount().getOrDefault(name, 0L) == 0) {
                    reads.xgroupDelconsumer(stream, Consumer.from(group, name));
                }
            }
        }
    }
}
