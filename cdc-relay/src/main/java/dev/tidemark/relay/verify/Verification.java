package dev.tidemark.relay.verify;

import dev.tidemark.relay.verify.Difference.Kind;
import dev.tidemark.relay.verify.Side.Row;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Compares a replica with its source, while both are written to. First the source's keys are gone through by chunks, whose
 * hashes are compared, then the replica's. Of a key that differs, both rows are read again, each with the version that it is
 * at: of the source that of the aggregate's newest event, of the replica that of the newest it has handled. Only at the same
 * version do they have to be equal; what the replica has not got yet it is given time for. So nothing in flight shows as a
 * difference. Memory holds a chunk and the differences. For one thread.
 */
public final class Verification {

    private static final String SOURCE_VERSIONS =
            "select aggregateid, version from outbox_version where source = ? and tenantid = ? and aggregatetype = ?";
    private static final String REPLICA_VERSIONS = """
            select aggregateid, version from inbox_watermark
            where consumer = ? and source = ? and tenantid = ? and aggregatetype = ?""";

    private static final long LOOK_NANOS = Duration.ofMillis(50).toNanos();
    private static final int HOPELESS = 10; // patiences for one key that never stands still

    private final Side source;
    private final Side replica;
    private final Settings settings;
    private final LongSupplier nanoTime;

    /**
     * What is compared.
     *
     * @param source the query of the source, by columns of the same names as that of the replica
     * @param replica the query of the replica
     * @param key the name of the key column of both; its text is the aggregate's id
     * @param aggregateSource of the aggregates
     * @param tenantId of the aggregates; empty where there are no tenants
     * @param aggregateType of the aggregates
     * @param consumer whose inbox fills the replica
     * @param chunk rows in a chunk, at least 1
     * @param patience how long an event may be on its way to the replica
     * @param most differences that are looked for, at least 1
     */
    public record Settings(
            String source,
            String replica,
            String key,
            String aggregateSource,
            String tenantId,
            String aggregateType,
            String consumer,
            int chunk,
            Duration patience,
            int most) {}

    /** Hears how far it is. */
    @FunctionalInterface
    public interface Listener {

        /**
         * A chunk was compared.
         *
         * @param rows that were compared so far, on both sides
         * @param expected how many there may be
         */
        void compared(long rows, long expected);
    }

    /**
     * What was found.
     *
     * @param rows that the source has
     * @param differences in the order of the keys; no more than were looked for
     * @param complete whether all was compared; false if there were more differences
     */
    public record Result(long rows, List<Difference> differences, boolean complete) {}

    /** One key that is looked at again. */
    private static final class Suspect {
        private final long since;
        private long fence = -1;
        private long fencedAt;
        private long claimed = -1; // by the replica, before the source was read the last time

        Suspect(long since) {
            this.since = since;
        }
    }

    /**
     * Has the queries explain themselves.
     *
     * @param source to the database with the outbox; nobody else uses it
     * @param replica to the database with the inbox; nobody else uses it
     * @throws IllegalArgumentException if the queries do not go together
     */
    public Verification(Connection source, Connection replica, Settings settings) throws SQLException {
        this(source, replica, settings, System::nanoTime);
    }

    Verification(Connection source, Connection replica, Settings settings, LongSupplier nanoTime) throws SQLException {
        this.settings = settings;
        this.nanoTime = nanoTime;
        List<String> aggregate = List.of(settings.aggregateSource, settings.tenantId, settings.aggregateType);
        List<String> consumed = new ArrayList<>(List.of(settings.consumer));
        consumed.addAll(aggregate);
        this.source = new Side(source, "source", settings.source, settings.key, SOURCE_VERSIONS, aggregate);
        this.replica = new Side(replica, "replica", settings.replica, settings.key, REPLICA_VERSIONS, consumed);
        SortedSet<String> columns = this.source.columns();
        if (!columns.equals(this.replica.columns())) {
            throw new IllegalArgumentException("the two queries must have the same columns, but the source has "
                    + columns + " and the replica " + this.replica.columns());
        }
    }

    /** Compares everything. */
    public Result run(Listener listener) throws SQLException, InterruptedException {
        long expected = source.expected() + replica.expected();
        Map<String, Difference> found = new LinkedHashMap<>();
        long rows = 0;
        String after = null;
        while (found.size() < settings.most) {
            Map<String, Long> chunk = source.next(after, settings.chunk);
            if (chunk.isEmpty()) {
                break;
            }
            rows += chunk.size();
            after = last(chunk.keySet());
            collect(compare(differing(chunk)), found);
            listener.compared(rows, Math.max(rows, expected));
        }
        long compared = rows;
        after = null;
        while (found.size() < settings.most) {
            Map<String, Long> chunk = replica.next(after, settings.chunk);
            if (chunk.isEmpty()) {
                return new Result(rows, List.copyOf(found.values()), true);
            }
            compared += chunk.size();
            after = last(chunk.keySet());
            collect(compare(extra(chunk.keySet())), found);
            listener.compared(compared, Math.max(compared, expected));
        }
        return new Result(rows, List.copyOf(found.values()), false);
    }

    /** Compares some keys, such as those that were repaired. */
    public List<Difference> compare(Collection<String> keys) throws SQLException, InterruptedException {
        Map<String, Suspect> suspects = new LinkedHashMap<>();
        keys.forEach(key -> suspects.put(key, new Suspect(nanoTime.getAsLong())));
        Map<String, Difference> found = new LinkedHashMap<>();
        while (!suspects.isEmpty()) {
            Map<String, Row> there = source.rows(suspects.keySet());
            Map<String, Row> here = replica.rows(suspects.keySet());
            long now = nanoTime.getAsLong();
            suspects.entrySet().removeIf(suspect -> {
                String key = suspect.getKey();
                Row should = Objects.requireNonNull(there.get(key));
                Row is = Objects.requireNonNull(here.get(key));
                if (Objects.equals(should.values(), is.values())) {
                    return true;
                }
                Kind kind = judge(suspect.getValue(), should, is, now);
                if (kind != null) {
                    found.put(key, new Difference(key, kind, should.version(), is.version()));
                }
                return kind != null;
            });
            if (!suspects.isEmpty()) {
                pause();
            }
        }
        List<Difference> inOrder = new ArrayList<>();
        keys.forEach(key -> {
            Difference difference = found.get(key);
            if (difference != null) {
                inOrder.add(difference);
            }
        });
        return inOrder;
    }

    /** The keys of a chunk of the source at which the replica has something else, or nothing. */
    private List<String> differing(Map<String, Long> chunk) throws SQLException {
        String sum = chunk.size() + "/" + sum(chunk.values());
        if (sum.equals(replica.sum(chunk.keySet()))) {
            return List.of();
        }
        Map<String, Long> here = replica.hashes(chunk.keySet());
        return chunk.entrySet().stream()
                .filter(row -> !row.getValue().equals(here.get(row.getKey())))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** The keys of a chunk of the replica that the source has not. */
    private List<String> extra(Collection<String> keys) throws SQLException {
        Map<String, Long> there = source.hashes(keys);
        return keys.stream().filter(key -> !there.containsKey(key)).toList();
    }

    private static String sum(Collection<Long> hashes) {
        BigInteger sum = BigInteger.ZERO;
        for (long hash : hashes) {
            sum = sum.add(BigInteger.valueOf(hash));
        }
        return sum.toString();
    }

    /** Null if nobody can say yet. */
    private @Nullable Kind judge(Suspect suspect, Row should, Row is, long now) {
        long patience = settings.patience.toNanos();
        if (should.version() < suspect.claimed) {
            return Kind.AHEAD;
        }
        if (should.version() == is.version()) {
            return kind(should.values(), is.values());
        }
        suspect.claimed = is.version();
        if (is.version() > should.version()) {
            return null; // the source was read first: it has moved on
        }
        if (suspect.fence < 0 || is.version() >= suspect.fence) {
            suspect.fence = should.version(); // it moves on: the next event has its own time
            suspect.fencedAt = now;
        }
        boolean tooLong = now - suspect.fencedAt > patience || now - suspect.since > HOPELESS * patience;
        return tooLong
                ? (is.values() == null ? Kind.MISSING : should.values() == null ? Kind.EXTRA : Kind.STALE)
                : null;
    }

    private static Kind kind(
            @Nullable Map<String, @Nullable String> should, @Nullable Map<String, @Nullable String> is) {
        if (is == null) {
            return Kind.MISSING;
        }
        if (should == null) {
            return Kind.EXTRA;
        }
        return isOlder(is.get("version"), should.get("version")) ? Kind.STALE : Kind.DIFFERENT;
    }

    private static boolean isOlder(@Nullable String version, @Nullable String than) {
        try {
            return version != null && than != null && Long.parseLong(version) < Long.parseLong(than);
        } catch (NumberFormatException e) {
            return false; // a column that happens to have this name
        }
    }

    private static void collect(List<Difference> more, Map<String, Difference> found) {
        more.forEach(difference -> found.put(difference.key(), difference));
    }

    private static String last(Collection<String> keys) {
        String last = "";
        for (String key : keys) {
            last = key;
        }
        return last;
    }

    private static void pause() throws InterruptedException {
        LockSupport.parkNanos(LOOK_NANOS);
        if (Thread.interrupted()) {
            throw new InterruptedException("while waiting for the replica");
        }
    }
}
