package dev.tidemark.relay.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WalLevelTest {

    @Test
    void aServerThatDoesNotDecodeIsToldHowToAndGetsTheSqlIfAsked() throws Exception {
        try (PostgresServer server =
                PostgresServer.builder().setting("wal_level", "replica").start()) {
            Database database = server.createDatabase();
            SourceConfig source = SourceConfig.builder()
                    .url(database.url())
                    .user(database.user())
                    .password(Secret.of(database.password()))
                    .build();
            List<String> said = new ArrayList<>();

            assertThatThrownBy(() -> Migration.of(source).run(said::add))
                    .isInstanceOf(MigrationException.class)
                    .hasMessageStartingWith("wal_level must be logical, but is replica")
                    .hasMessageContaining("\n  alter system set wal_level = 'logical';\nthen restart PostgreSQL");
            assertThat(said).isEmpty();

            new Migration(source, false, false, Migration.Existing.RESEND, Duration.ofSeconds(1)).run(said::add);
            assertThat(said)
                    .containsExactly(
                            "Schema public: V001, V002, V003, V004, V005, V006, V007, V008, V009, V010, V011 applied.");
        }
    }
}
