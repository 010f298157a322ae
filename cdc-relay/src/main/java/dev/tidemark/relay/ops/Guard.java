package dev.tidemark.relay.ops;

import dev.tidemark.relay.capture.Lsn;
import dev.tidemark.relay.capture.SourceProblem;
import dev.tidemark.relay.config.SourceConfig;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices when an event can no longer be read that nobody has settled: a slot that was lost, moved or made anew, another
 * server, a publication or table that is not the one it was. It knows by what is written down in {@code tidemark.relay},
 * where the position up to which everything is settled is committed before the slot is told of it: a slot beyond that
 * position was moved by somebody else. Safe for many threads; remembers as long as the process lives.
 */
public final class Guard {

    private static final Logger log = LoggerFactory.getLogger(Guard.class);

    private final SourceConfig source;
    private final Connector connector;
    private final Lookout lookout;
    private final Witness witness;
    private Judgement.Memory memory = Judgement.Memory.NONE;

    /** Who must know up to where everything is settled before it is written down here. */
    public interface Witness {

        /** Writes it down, durably; false if the term is over. */
        boolean settled(Lsn bound, long epoch) throws SQLException;

        /** Whether it still knows all that it was ever told. */
        boolean isSame() throws SQLException;
    }

    /** Nobody else must know. */
    public static final Witness NO_WITNESS = new Witness() {
        @Override
        public boolean settled(Lsn bound, long epoch) {
            return true;
        }

        @Override
        public boolean isSame() {
            return true;
        }
    };

    public Guard(SourceConfig source, Connector connector) {
        this(source, connector, NO_WITNESS);
    }

    /** @param witness as a backlog in another database is */
    public Guard(SourceConfig source, Connector connector, Witness witness) {
        this.source = source;
        this.connector = connector;
        this.witness = witness;
        this.lookout = new Lookout(source);
    }

    /**
     * Looks once, as anybody may, and remembers what was seen.
     *
     * @throws SourceProblem if a person must act before a relay can read
     * @throws SQLException if the database does not answer, which may pass
     */
    public void check() throws SourceProblem, SQLException {
        try (Connection connection = connector.connect()) {
            check(connection);
        } catch (SQLException e) {
            SourceProblem.throwIfLasting(e);
            throw e;
        }
    }

    /** As {@link #check()}, on a connection that is there. */
    public void check(Connection connection) throws SourceProblem, SQLException {
        judge(connection);
    }

    /**
     * Looks before a run, and writes down what was not known before. Call it before the run's feed is made.
     *
     * @param onEnd called once when the run must end: with the reason for which the relay must stop, or with null if
     *     only the term is over
     * @return what watches during the run, once it is started
     * @throws SourceProblem if a person must act before a relay can read
     * @throws SQLException if the database does not answer, which may pass
     */
    public Watch begin(HeldTerm term, Consumer<@Nullable SourceProblem> onEnd) throws SourceProblem, SQLException {
        try (Connection connection = connector.connect()) {
            Watch.makeDurable(connection);
            Judgement judgement = judge(connection);
            if (!lookout.register(connection, judgement, term.epoch())) {
                term.lose();
            }
            tell(judgement);
            return new Watch(this, term, judgement.bound(), onEnd);
        } catch (SQLException e) {
            SourceProblem.throwIfLasting(e);
            throw e;
        }
    }

    Connection connect() throws SQLException {
        return connector.connect();
    }

    Lookout lookout() {
        return lookout;
    }

    /**
     * Looks, and returns what was judged, if all is well. A look is judged by what was known before it: another thread may
     * see, and remember, what is newer while this one waits for its answer, or stands still for half a minute.
     */
    Judgement judge(Connection connection) throws SourceProblem, SQLException {
        Judgement.Memory before = memory();
        Judgement judgement = new Judgement(source, lookout.look(connection), before);
        String problem = judgement.problem();
        if (problem != null) {
            throw new SourceProblem(problem);
        }
        remember(null, judgement.look());
        return judgement;
    }

    private synchronized Judgement.Memory memory() {
        return memory;
    }

    private synchronized void remember(@Nullable Lsn settled, Look look) {
        memory = memory.with(settled, look);
    }

    Witness witness() {
        return witness;
    }

    /** Everything up to there is settled, and that is written down. */
    void settled(Lsn bound, Look look) {
        remember(bound, look);
    }

    SourceProblem wentBack(long epoch, long before) {
        return new SourceProblem("the database went back: the epoch of slot " + source.slot() + " is " + epoch
                + ", but was " + before + " before, so an older copy was restored and consumers are ahead of it; run:"
                + " tidemark adopt-restore");
    }

    private void tell(Judgement judgement) {
        Look look = judgement.look();
        Look.Slot slot = look.slot();
        if (judgement.failedOver()) {
            log.info(
                    "The server was promoted: timeline {}, was {}. Slot {} came along and stands at {}; on record was {}.",
                    look.timeline(),
                    look.registered().timeline(),
                    source.slot(),
                    slot == null ? null : slot.confirmed(),
                    look.registered().acknowledged());
        }
        if (judgement.wentBack()) {
            log.info(
                    "Slot {} stands at {}, before {}, up to which everything is settled: as after a crash. What is between"
                            + " comes again.",
                    source.slot(),
                    slot == null ? null : slot.confirmed(),
                    look.registered().acknowledged());
        }
    }
}
