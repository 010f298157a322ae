package dev.tidemark.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkloadTest {

    @Test
    void isReadFromItsForm() {
        Workload workload = Workload.parse("10/200/10000", 5000, 7);

        assertThat(workload).isEqualTo(new Workload(5000, 10, 200, 10_000, 7));
        assertThat(workload.form()).isEqualTo("10/200/10000");
    }

    @Test
    void hasFewerEventsWherePayloadsAreLarge() {
        assertThat(Workload.parse("1/1000000/10", 50_000, 1).events()).isEqualTo(1073);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "1/200", "1/200/10/4", "a/b/c", "0/200/10", "1/39/10", "1/200/0", "1/ 200/10"})
    void anythingElseIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Workload.parse(text, 1000, 1));
    }

    @Test
    void aPayloadHasItsSizeAndItsNumber() {
        Workload workload = Workload.parse("1/200/10", 1000, 1);
        byte[] payload = Workload.payload(4711, workload.fills()[3]).getBytes(StandardCharsets.UTF_8);

        assertThat(payload).hasSize(200);
        assertThat(Workload.numberIn(payload, 0)).isEqualTo(4711);
    }

    @Test
    void whatIsNoPayloadOfOursHasNoNumber() {
        assertThat(Workload.numberIn("{}".getBytes(StandardCharsets.UTF_8), 0)).isEqualTo(-1);
        assertThat(Workload.numberIn("{\"n\":\"00000x0001\"}".getBytes(StandardCharsets.UTF_8), 0))
                .isEqualTo(-1);
    }

    @Test
    void theSameSeedGivesTheSamePayloads() {
        assertThat(new Workload(1, 1, 100, 1, 5).fills()).isEqualTo(new Workload(9, 2, 100, 3, 5).fills());
        assertThat(new Workload(1, 1, 100, 1, 5).fills()).isNotEqualTo(new Workload(1, 1, 100, 1, 6).fills());
    }
}
