package dev.tidemark.relay.doctor;

import static dev.tidemark.relay.doctor.DoctorTest.one;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.relay.doctor.Finding.Severity;
import dev.tidemark.testkit.PostgresServer;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Servers of our own, with settings that a relay cannot live with. */
class ServerDoctorTest {

    @Test
    void aServerThatIsNotSetUpForLogicalReplicationIsTold() throws Exception {
        try (PostgresServer server = PostgresServer.builder()
                        .setting("wal_level", "replica")
                        .setting("max_replication_slots", "1")
                        .setting("max_wal_senders", "0")
                        .setting("max_slot_wal_keep_size", "64MB")
                        .setting("wal_sender_timeout", "0")
                        .start();
                Patient patient = new Patient(server, false)) {
            patient.sql("select pg_create_physical_replication_slot('taken')");
            List<Finding> findings = patient.examine();

            Finding level = one("wal_level", Severity.PROBLEM, findings);
            assertThat(level.message()).isEqualTo("must be logical, but is replica");
            assertThat(one("max_replication_slots", Severity.PROBLEM, findings).message())
                    .startsWith("1 of 1 are used: none is left");
            assertThat(one("max_wal_senders", Severity.PROBLEM, findings).message())
                    .startsWith("0 of 0 are used");
            assertThat(one("max_slot_wal_keep_size", Severity.WARNING, findings).message())
                    .startsWith("is only 64MiB");
            assertThat(one("wal_sender_timeout", Severity.WARNING, findings).message())
                    .startsWith("is off");

            patient.sql("select pg_drop_replication_slot('taken')");
            patient.sql("alter system set max_wal_senders = 20");
            patient.sql("alter system set wal_sender_timeout = '1s'");
            patient.sql(String.valueOf(level.mend()));
            patient.sql("select pg_reload_conf()");
            awaitFinding(patient, "wal_level", Severity.PROBLEM, "restart PostgreSQL");
            server.restart();
            findings = patient.examine();
            one("wal_level", Severity.OK, findings);
            one("max_replication_slots", Severity.OK, findings);
            one("max_wal_senders", Severity.OK, findings);
            assertThat(one("wal_sender_timeout", Severity.WARNING, findings).message())
                    .startsWith("is 1000 ms");
        }
    }

    @Test
    void aSlotThatHoldsTooMuchIsLost() throws Exception {
        try (PostgresServer server = PostgresServer.builder()
                        .setting("max_slot_wal_keep_size", "1536MB")
                        .start();
                Patient patient = new Patient(server)) {
            assertThat(one("max_slot_wal_keep_size", Severity.OK, patient.examine())
                            .message())
                    .startsWith("1536MiB, of which the slot holds");
            if (server.majorVersion() >= 18) {
                patient.sql("alter system set idle_replication_slot_timeout = '1h'");
                patient.sql("select pg_reload_conf()");
                awaitFinding(patient, "idle_replication_slot_timeout", Severity.WARNING, "= 0");
            }
            patient.sql("alter system set max_slot_wal_keep_size = '16MB'");
            patient.sql("select pg_reload_conf()");
            Awaitility.await().untilAsserted(() -> {
                patient.sql("create table if not exists t (id int)");
                patient.sql("insert into t values (1)");
                patient.sql("select pg_switch_wal()");
                patient.sql("checkpoint");
                assertThat(one("slot", Severity.PROBLEM, patient.examine()).message())
                        .contains("is lost", "events may be missing after");
            });
        }
    }

    private static void awaitFinding(Patient patient, String check, Severity severity, String mend) {
        Awaitility.await()
                .untilAsserted(
                        () -> assertThat(one(check, severity, patient.examine()).mend())
                                .contains(mend));
    }
}
