package dev.tidemark.relay.doctor;

import static dev.tidemark.relay.doctor.DoctorTest.problems;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.relay.migrate.MigrationException;
import dev.tidemark.testkit.PostgresServer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RemedyTest {

    private final Patient patient;
    private final List<String> said = new ArrayList<>();

    RemedyTest() throws Exception {
        patient = new Patient(PostgresServer.shared());
    }

    @AfterEach
    void close() throws Exception {
        patient.close();
    }

    @Test
    void whatIsMissingIsMade() throws Exception {
        patient.sql("select pg_drop_replication_slot('" + patient.slot() + "')");
        patient.sql("drop publication tidemark_outbox");
        assertThat(problems(patient.examine())).hasSize(2);

        new Remedy(patient.owner()).apply(patient.examine(), said::add);

        assertThat(said.toString()).contains("Publication tidemark_outbox: made.", "Slot " + patient.slot() + ": made");
        assertThat(problems(patient.examine())).isEmpty();
    }

    @Test
    void whoMayNotMakeItIsTold() throws Exception {
        patient.sql("select pg_drop_replication_slot('" + patient.slot() + "')");
        patient.sql("drop publication tidemark_outbox");

        assertThatThrownBy(() -> new Remedy(patient.config().source()).apply(patient.examine(), said::add))
                .isInstanceOf(MigrationException.class)
                .hasMessageContaining("could not make publication tidemark_outbox");
        assertThat(problems(patient.examine())).hasSize(2);
    }

    @Test
    void aPublicationIsNotMadeUnderASlotThatWouldMissEvents() throws Exception {
        patient.sql("drop publication tidemark_outbox");

        assertThatThrownBy(() -> new Remedy(patient.owner()).apply(patient.examine(), said::add))
                .isInstanceOf(MigrationException.class)
                .hasMessageContaining("has not got what was inserted without it");
        assertThat(problems(patient.examine())).hasSize(1);
    }

    @Test
    void whatIsWellIsLeftAlone() throws Exception {
        new Remedy(patient.owner()).apply(patient.examine(), said::add);
        assertThat(said).containsExactly("Nothing was made: nothing is missing that could be.");
    }
}
