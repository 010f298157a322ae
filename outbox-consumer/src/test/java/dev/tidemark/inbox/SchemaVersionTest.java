package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.query;
import static dev.tidemark.inbox.Fixtures.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class SchemaVersionTest {

    private final List<String> handled = new ArrayList<>();
    private Database database;
    private HikariDataSource pool;

    @BeforeEach
    void open() throws SQLException {
        database = Fixtures.database();
        pool = new HikariDataSource();
        pool.setJdbcUrl(database.url());
        pool.setUsername(database.user());
        pool.setPassword(database.password());
    }

    @AfterEach
    void close() {
        pool.close();
    }

    private WaitingSubscription.Builder builder() {
        return WaitingSubscription.builder().inbox(Inbox.of("reporting")).dataSource(pool);
    }

    private Handler<RuntimeException> as(String name) {
        return (tx, event) -> handled.add(name + " " + event.dataSchema() + " " + event.dataAsText());
    }

    private static Upcaster adding(String what) {
        return payload -> (new String(payload, StandardCharsets.UTF_8) + what).getBytes(StandardCharsets.UTF_8);
    }

    private static Envelope.Builder version(int aggregateVersion, String dataSchema) {
        return user("42", aggregateVersion)
                .dataSchema(dataSchema)
                .data("text/plain", "a".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void olderVersionsAreBroughtUpToTheNextThatHasAHandler() throws Exception {
        Intake intake = builder()
                .on("user-renamed", 2, as("second"))
                .on("user-renamed", 4, as("fourth"))
                .upcast("user-renamed", 1, adding("→2"))
                .upcast("user-renamed", 2, adding("→3"))
                .upcast("user-renamed", 3, adding("→4"))
                .intake();
        intake.take(version(1, "urn:tidemark:users:user-renamed:1").build());
        intake.take(version(2, "urn:tidemark:users:user-renamed:2").build());
        intake.take(version(3, "https://schemas.example.com/user-renamed/3").build());
        intake.take(version(4, "urn:tidemark:users:user-renamed:4").build());
        intake.take(version(5, "urn:unnumbered").build());
        assertThat(handled)
                .containsExactly(
                        "second urn:tidemark:users:user-renamed:2 a→2",
                        "second urn:tidemark:users:user-renamed:2 a",
                        "fourth https://schemas.example.com/user-renamed/4 a→4",
                        "fourth urn:tidemark:users:user-renamed:4 a",
                        "second urn:unnumbered:2 a→2");
        assertThat(query(database, "select version from inbox_watermark")).containsExactly("5");
    }

    @Test
    void allThatLeadToTheHandlerAreAppliedInTheirOrder() throws Exception {
        Intake intake = builder()
                .on("user-renamed", 4, as("fourth"))
                .upcast("user-renamed", 3, adding("→4"))
                .upcast("user-renamed", 1, adding("→2"))
                .upcast("user-renamed", 2, adding("→3"))
                .intake();
        intake.take(version(1, "urn:tidemark:users:user-renamed:1").build());
        intake.take(version(2, "urn:tidemark:users:user-renamed:2").build());
        assertThat(handled)
                .containsExactly(
                        "fourth urn:tidemark:users:user-renamed:4 a→2→3→4",
                        "fourth urn:tidemark:users:user-renamed:4 a→3→4");
    }

    /** As after a program of before was brought back. */
    @Test
    void whatWasHandledIsADuplicateAlsoWhereNothingHandlesItAnyMore() throws Exception {
        Envelope newer = version(1, "urn:tidemark:users:user-renamed:3").build();
        builder().on("user-renamed", 3, as("third")).intake().take(newer);
        Intake before = builder().on("user-renamed", 2, as("second")).intake();
        assertThat(before.take(newer)).isEqualTo(Outcome.DUPLICATE);
        before.takeAll(List.of(newer));
        assertThat(handled).hasSize(1);
    }

    @Test
    void aTombstoneHasNoPayloadInAnyVersion() throws Exception {
        Intake intake = builder()
                .on("user-renamed", 2, as("second"))
                .upcast("user-renamed", 1, payload -> {
                    throw new IllegalStateException("there is none");
                })
                .intake();
        Envelope event = user("42", 1).build();
        intake.take(Envelope.builder()
                .id(event.id())
                .aggregate(event.aggregate())
                .aggregateVersion(1L)
                .type(event.type())
                .dataSchema(event.dataSchema())
                .time(event.time())
                .build());
        assertThat(handled).containsExactly("second urn:tidemark:users:user-renamed:2 null");
    }

    @Test
    void whatIsNewerIsRefusedOrTaken() throws Exception {
        Envelope newer = version(1, "urn:tidemark:users:user-renamed:3").build();
        assertThatThrownBy(() ->
                        builder().on("user-renamed", 2, as("second")).intake().take(newer))
                .isInstanceOf(Dispatch.NewerSchemaVersion.class)
                .hasMessageContaining("has schema version 3, and the newest that is handled is 2");
        builder()
                .on("user-renamed", 2, as("second"))
                .newerSchema(NewerSchema.TAKE)
                .intake()
                .take(newer);
        assertThat(handled).containsExactly("second urn:tidemark:users:user-renamed:3 a");
    }

    @Test
    void aMarkerOfWhatTheRelayLeftOutPassesWhereUnknownTypesAreRefused() throws Exception {
        Intake intake = builder()
                .on("user-renamed", as("any"))
                .unknownType(UnknownType.REFUSE)
                .intake();
        assertThat(intake.take(version(1, "urn:tidemark:users:tidemark.skipped:1")
                        .type("tidemark.skipped")
                        .build()))
                .isEqualTo(Outcome.APPLIED);
        assertThat(intake.take(version(2, "urn:tidemark:users:user-renamed:1").build()))
                .isEqualTo(Outcome.APPLIED);
        assertThat(handled).hasSize(1);
    }

    @Test
    void withoutTheUpcasterAnOlderVersionIsRefused() {
        assertThatThrownBy(() -> builder()
                        .on("user-renamed", 3, as("third"))
                        .upcast("user-renamed", 1, adding("→2"))
                        .intake()
                        .take(version(1, "urn:tidemark:users:user-renamed:1").build()))
                .isInstanceOf(Dispatch.NoHandler.class)
                .hasMessageContaining("nothing that makes 2 into 3; register it with .upcast(\"user-renamed\", 2, …)");
        assertThat(handled).isEmpty();
    }

    @Test
    void whatContradictsItselfIsRefused() {
        assertThatThrownBy(() -> builder().on("a", as("any")).on("a", as("any")))
                .hasMessageStartingWith("there is a handler for a already");
        assertThatThrownBy(() -> builder().on("a", as("any")).on("a", 1, as("first")))
                .hasMessageStartingWith("there is a handler for all schema versions of a already");
        assertThatThrownBy(() -> builder().on("a", 1, as("first")).on("a", as("any")))
                .hasMessageStartingWith("there is a handler for a already");
        assertThatThrownBy(() -> builder().on("a", 1, as("first")).on("a", 1, as("first")))
                .hasMessage("there is a handler for schema version 1 of a already");
        assertThatThrownBy(() -> builder().on("a", 0, as("none")))
                .hasMessage("a schema version of a must be at least 1, but was: 0");
        assertThatThrownBy(() -> builder().upcast("a", 1, adding("")).upcast("a", 1, adding("")))
                .hasMessage("there is an upcaster from schema version 1 of a already");
        assertThatThrownBy(() -> builder()
                        .on("a", 2, as("second"))
                        .upcast("a", 2, adding(""))
                        .build())
                .hasMessageStartingWith("the upcaster from schema version 2 of a leads to no handler");
        assertThatThrownBy(() ->
                        builder().on("a", as("any")).upcast("a", 1, adding("")).build())
                .hasMessageStartingWith("the upcaster from schema version 1 of a leads to no handler");
    }
}
