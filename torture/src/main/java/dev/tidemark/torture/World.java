package dev.tidemark.torture;

import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.migrate.Migration;
import dev.tidemark.testkit.Closing;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.FaultyProxy;
import dev.tidemark.testkit.PostgresServer;
import dev.tidemark.testkit.RelayProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/**
 * All that a run stands on, and that faults break: a database with an outbox, a bad link to it, receivers, and a relay.
 * Safe for many threads; one at a time may inject a fault.
 */
final class World implements AutoCloseable {

    /** The name of {@link #relay}, which it brings along with each event. */
    static final String RELAY = "relay";

    /** The receiver that always behaves well, unless a fault makes it do otherwise. */
    static final String PLAIN = "plain";

    /** The receiver that handles events through an inbox. */
    static final String INBOX = "inbox";

    /** The receiver that is never quite well. */
    static final String MOODY = "moody";

    static final List<String> SUBSCRIBERS = List.of(PLAIN, INBOX, MOODY);

    private static final int WRITING_CONNECTIONS = 12;

    private final PostgresServer server;
    private final Closing closing;
    private final Ledger ledger = new Ledger(SUBSCRIBERS);
    private final Database source;
    private final FaultyProxy link;
    private final Consumer consumer;
    private final List<Receiver> receivers = new ArrayList<>();
    private final Path folder;
    private final String slot;
    private final SlotWatch watch;
    private final WorldSettings settings;
    private final RelayProcess relay;
    private final RelayProcess standby;
    private final HikariDataSource writing;
    private final List<Interruption> interruptions = new ArrayList<>();
    private Map<UUID, Long> commitsBefore = Map.of(); // of a failover; guarded by this
    private long lastCommit; // that was found in the log when it was last decoded; guarded by this

    /** Builds it, and starts its relay; returns when that is streaming. */
    static World build(PostgresServer server, Path folder, WorldSettings settings) throws Exception {
        return build(server, server, folder, settings);
    }

    /**
     * Like the other, with consumers of their own.
     *
     * @param consuming has their database, which what happens to {@code server} leaves alone
     */
    static World build(PostgresServer server, PostgresServer consuming, Path folder, WorldSettings settings)
            throws Exception {
        Closing closing = new Closing();
        try {
            World world = new World(server, consuming, closing, folder, settings);
            world.begin();
            return world;
        } catch (Throwable e) {
            closing.close();
            throw e;
        }
    }

    private World(PostgresServer server, PostgresServer consuming, Closing closing, Path folder, WorldSettings settings)
            throws Exception {
        this.server = server;
        this.closing = closing;
        this.folder = folder;
        source = database(server);
        slot = "slot_" + source.name();
        migrate();
        CommitLsns.begin(source, witness());
        Database replicas = database(consuming);
        Consumer.prepare(replicas);
        consumer = closing.add(new Consumer(INBOX, replicas));
        receivers.add(closing.add(new Receiver(PLAIN, ledger, Manner.GOOD, (headers, body) -> 204)));
        receivers.add(closing.add(new Receiver(INBOX, ledger, Manner.GOOD, consumer)));
        receivers.add(closing.add(new Receiver(MOODY, ledger, settings.moody(), (headers, body) -> 204)));
        link = closing.add(FaultyProxy.to(server.host(), server.port()));
        writing = closing.add(Pools.of(source, WRITING_CONNECTIONS));
        this.settings = settings;
        relay = closing.add(prepare(RELAY));
        standby = closing.add(prepare("standby"));
        watch = closing.add(new SlotWatch(source, slot));
    }

    private RelayProcess prepare(String name) throws IOException {
        return Relays.prepare(name, settings.relay(), throughLink(), slot, receivers, folder);
    }

    private Database database(PostgresServer on) {
        Database database = on.createDatabase();
        closing.add(() -> on.dropDatabase(database));
        return database;
    }

    private void migrate() throws Exception {
        Migration.of(sourceConfig()).run(step -> {});
        source.run("create table item (key text primary key, value text not null);"
                + " create table mark (id uuid primary key)");
    }

    private void begin() throws Exception {
        watch.start();
        relay.start();
        relay.awaitReady();
    }

    /** The source as the relay sees it. */
    private Database throughLink() {
        String url = "jdbc:postgresql://" + link.host() + ":" + link.port() + "/" + source.name();
        return new Database(source.name(), url, source.user(), source.password());
    }

    /** Notes that relays may begin again now, where the slot stands; call it before it is so. */
    synchronized void interrupted() {
        interruptions.add(new Interruption(System.nanoTime(), watch.confirmed()));
    }

    /** Notes that Postgres is about to crash: it forgets what slots have confirmed since it last saved that. */
    synchronized void forgotten() {
        interruptions.add(new Interruption(System.nanoTime(), 0));
        lastCommit = 0; // the log may come back shorter
    }

    /** Notes that another server is about to take over: the slot of the witness stays behind. Nobody may write now. */
    synchronized void failsOver() throws SQLException {
        forgotten();
        commitsBefore = commits();
    }

    /** Notes that another server has taken over. Nobody may have written to it yet. */
    void failedOver() throws SQLException {
        CommitLsns.begin(source, witness());
    }

    /** Where the transaction of each event committed. */
    synchronized Map<UUID, Long> commits() throws SQLException {
        Map<UUID, Long> commits = new HashMap<>(commitsBefore);
        commits.putAll(CommitLsns.of(source, witness()));
        return commits;
    }

    /** Lets the time pass; interruptible. */
    void pause(Duration duration) throws InterruptedException {
        ledger.await(() -> false, duration);
    }

    Receiver anyReceiver(Random random) {
        return receivers.get(random.nextInt(receivers.size()));
    }

    synchronized List<Interruption> interruptions() {
        return List.copyOf(interruptions);
    }

    /**
     * Whether the slot has passed all that was committed. The whole log is decoded for it, but not while the slot is not
     * even where that was found the last time.
     */
    synchronized boolean allIsAcknowledged() {
        try {
            if (watch.confirmed() < lastCommit) {
                return false;
            }
            lastCommit =
                    commits().values().stream().mapToLong(Long::longValue).max().orElse(0);
            return watch.confirmed() >= lastCommit;
        } catch (SQLException e) {
            throw new IllegalStateException("the log of " + source + " cannot be decoded", e);
        }
    }

    PostgresServer server() {
        return server;
    }

    Database source() {
        return source;
    }

    String slot() {
        return slot;
    }

    /** The source with its slot, as commands are told of it. */
    SourceConfig sourceConfig() {
        return SourceConfig.builder()
                .url(source.url())
                .user(source.user())
                .password(Secret.of(source.password()))
                .slot(slot)
                .build();
    }

    /** The slot that only tells where transactions committed. */
    private String witness() {
        return "witness_" + source.name();
    }

    FaultyProxy link() {
        return link;
    }

    RelayProcess relay() {
        return relay;
    }

    /** Of {@link #relay}, which reads it when it starts. */
    Path configuration() {
        return folder.resolve(RELAY + ".yaml");
    }

    /** Another relay of the same slot, which runs only while a fault needs it. */
    RelayProcess standby() {
        return standby;
    }

    WorldSettings settings() {
        return settings;
    }

    Receiver receiver(String name) {
        return receivers.stream()
                .filter(receiver -> receiver.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    Consumer consumer() {
        return consumer;
    }

    Ledger ledger() {
        return ledger;
    }

    SlotWatch watch() {
        return watch;
    }

    /** For writers, not in auto-commit mode; by no bad link. */
    HikariDataSource writing() {
        return writing;
    }

    @Override
    public void close() {
        closing.close();
    }
}
