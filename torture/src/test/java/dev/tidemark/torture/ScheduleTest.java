package dev.tidemark.torture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ScheduleTest {

    private static Schedule draw(long seed) {
        return Schedule.draw(Faults.all(), 1000, new Random(seed));
    }

    @Test
    void aSeedReplaysItsSchedule() {
        assertThat(LongStream.range(0, 100))
                .allSatisfy(seed -> assertThat(draw(seed)).isEqualTo(draw(seed)));
    }

    @Test
    void momentsAscendWithinTheRun() {
        assertThat(LongStream.range(0, 100)).allSatisfy(seed -> {
            Schedule schedule = draw(seed);
            assertThat(schedule.moments()).isSorted().allMatch(moment -> moment >= 100 && moment < 800);
            assertThat(schedule.faults()).hasSameSizeAs(schedule.moments()).isNotEmpty();
        });
    }

    @Test
    void everyFaultComesSometime() {
        List<Fault> drawn = LongStream.range(0, 100)
                .boxed()
                .flatMap(seed -> draw(seed).faults().stream())
                .toList();

        assertThat(drawn).containsAll(Faults.all());
    }

    @Test
    void withoutFaultsThereIsNothingToSchedule() {
        assertThat(Schedule.draw(List.of(), 1000, new Random(1)).faults()).isEmpty();
    }
}
