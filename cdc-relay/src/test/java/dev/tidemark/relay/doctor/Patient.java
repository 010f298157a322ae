package dev.tidemark.relay.doctor;

import dev.tidemark.relay.config.BacklogConfig;
import dev.tidemark.relay.config.HttpSinkConfig;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.relay.migrate.Migration;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A database that is set up as the documentation says, a role, and a port that somebody listens on. */
final class Patient implements AutoCloseable {

    static final String PASSWORD = "hunter2";

    private final PostgresServer server;
    private final Database database;
    private final ServerSocket receiver;

    Patient(PostgresServer server) throws Exception {
        this(server, true);
    }

    Patient(PostgresServer server, boolean slot) throws Exception {
        this.server = server;
        database = server.createDatabase();
        receiver = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress());
        new Migration(owner(), true, slot, Migration.Existing.RESEND, Duration.ofSeconds(30)).run(line -> {});
        sql("alter role tidemark_relay password '" + PASSWORD + "'");
    }

    void sql(String sql) throws Exception {
        database.run(sql);
    }

    Database database() {
        return database;
    }

    /** Another role for this database alone; nothing is granted to it. */
    String role(String attributes) throws Exception {
        String name = "role_" + database.name();
        sql("create role " + name + " login password '" + PASSWORD + "' " + attributes);
        return name;
    }

    void dropRole(String name) throws Exception {
        sql("drop owned by " + name + "; drop role " + name);
    }

    String slot() {
        return "slot_" + database.name();
    }

    /** As superuser. */
    SourceConfig owner() {
        return source(database.user(), database.password());
    }

    SourceConfig source(String user, String password) {
        return SourceConfig.builder()
                .url(database.url())
                .user(user)
                .password(Secret.of(password))
                .slot(slot())
                .build();
    }

    String receiverUrl() {
        return "http://localhost:" + receiver.getLocalPort() + "/events";
    }

    RelayConfig config(SourceConfig source, String url) {
        return RelayConfig.builder()
                .source(source)
                .subscriber(SubscriberConfig.builder("shipping")
                        .sink(HttpSinkConfig.builder(url)
                                .timeout(Duration.ofSeconds(5))
                                .header("authorization", Secret.of("Bearer " + PASSWORD))
                                .build())
                        .build())
                .build();
    }

    RelayConfig withBacklog(Database kept) {
        RelayConfig here = config();
        BacklogConfig limits = here.backlog();
        return RelayConfig.builder()
                .source(here.source())
                .subscriber(here.subscribers().get(0))
                .backlog(new BacklogConfig(
                        limits.events(),
                        limits.bytes(),
                        Optional.of(new BacklogConfig.Elsewhere(kept.url(), "tidemark_relay", Secret.of(PASSWORD)))))
                .build();
    }

    RelayConfig config() {
        return config(source("tidemark_relay", PASSWORD), receiverUrl());
    }

    List<Finding> examine() {
        return new Doctor(config()).examine();
    }

    List<Finding> examineAs(String user) {
        return new Doctor(config(source(user, PASSWORD), receiverUrl())).examine();
    }

    @Override
    public void close() throws IOException {
        receiver.close();
        server.dropDatabase(database);
    }
}
