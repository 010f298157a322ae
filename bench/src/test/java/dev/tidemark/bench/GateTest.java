package dev.tidemark.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GateTest {

    private static final int EXPECTED = 100;
    private static final int AGGREGATES = 10;

    private final Gate gate = new Gate(EXPECTED, AGGREGATES);

    private void arrive(IntStream numbers) {
        numbers.forEach(gate::arrived);
    }

    @Test
    void allInOrderPasses() {
        arrive(IntStream.range(0, EXPECTED));

        assertThat(gate.isComplete()).isTrue();
        assertThat(gate.verdict()).isEqualTo(new Gate.Verdict(0, 0, 0, 0));
        assertThat(gate.verdict().holds()).isTrue();
    }

    @Test
    void aggregatesMayOvertakeOneAnother() {
        for (int aggregate = AGGREGATES - 1; aggregate >= 0; aggregate--) {
            int first = aggregate;
            arrive(IntStream.range(0, EXPECTED / AGGREGATES).map(turn -> turn * AGGREGATES + first));
        }

        assertThat(gate.verdict().holds()).isTrue();
    }

    @Test
    void oneThatIsMissingIsFound() {
        arrive(IntStream.range(0, EXPECTED).filter(number -> number != 42));

        assertThat(gate.isComplete()).isFalse();
        assertThat(gate.verdict()).isEqualTo(new Gate.Verdict(1, 0, 0, 0));
        assertThat(gate.verdict().holds()).isFalse();
    }

    @Test
    void aDuplicateDoesNotStandForWhatIsMissing() {
        arrive(IntStream.range(0, EXPECTED).filter(number -> number != 42));
        gate.arrived(41);

        assertThat(gate.verdict()).isEqualTo(new Gate.Verdict(1, 0, 1, 0));
    }

    @Test
    void anInversionWithinAnAggregateIsFound() {
        arrive(IntStream.range(0, EXPECTED).filter(number -> number != 42));
        gate.arrived(42);

        assertThat(gate.verdict()).isEqualTo(new Gate.Verdict(0, 1, 0, 0));
        assertThat(gate.verdict().holds()).isFalse();
    }

    @Test
    void duplicatesAreCountedAndAllowed() {
        arrive(IntStream.range(0, EXPECTED));
        arrive(IntStream.range(30, 40));

        assertThat(gate.verdict()).isEqualTo(new Gate.Verdict(0, 0, 10, 0));
        assertThat(gate.verdict().holds()).isTrue();
    }

    @Test
    void whatNobodyWroteIsFound() {
        arrive(IntStream.range(0, EXPECTED));
        gate.arrived(-1);
        gate.arrived(EXPECTED);

        assertThat(gate.verdict()).isEqualTo(new Gate.Verdict(0, 0, 0, 2));
        assertThat(gate.verdict().holds()).isFalse();
    }
}
