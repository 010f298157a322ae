package dev.tidemark.relay.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.relay.deliver.Simulation.Fault;
import dev.tidemark.relay.deliver.Simulation.Plan;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * 20,000 random schedules of failures, delays, crashes and restarts, each checked for loss, order, duplicates and
 * early acknowledgement. {@code -Dtidemark.simulation.seed=N} runs one of them, {@code
 * -Dtidemark.simulation.schedules=N} another number.
 */
class DeliverySimulationTest {

    private static final Logger log = LoggerFactory.getLogger(DeliverySimulationTest.class);
    private static final int SCHEDULES = Integer.getInteger("tidemark.simulation.schedules", 20_000);
    private static final long SEED = Long.getLong("tidemark.simulation.seed", 0);

    @Test
    void nothingIsLostReorderedOrAcknowledgedEarly() {
        LongStream seeds = SEED == 0 ? LongStream.rangeClosed(1, SCHEDULES) : LongStream.of(SEED);
        Optional<Plan> failing = seeds.parallel()
                .mapToObj(DeliverySimulationTest::plan)
                .filter(plan -> !new Simulation(plan).run().isEmpty())
                .findAny();
        failing.map(DeliverySimulationTest::shortest).ifPresent(plan -> {
            Simulation simulation = new Simulation(plan);
            List<String> wrongs = simulation.run();
            throw new AssertionError("-Dtidemark.simulation.seed=" + plan.seed() + " fails: " + wrongs
                    + "\nThe shortest history found, of " + plan + ":\n  "
                    + String.join("\n  ", simulation.history()));
        });
        log.info("{} schedules", SEED == 0 ? SCHEDULES : 1);
    }

    @Test
    void aScheduleCanBeRepeated() {
        Simulation one = new Simulation(plan(7));
        Simulation other = new Simulation(plan(7));
        assertThat(one.run()).isEqualTo(other.run());
        assertThat(one.history()).isEqualTo(other.history()).hasSizeGreaterThan(50);
    }

    private static Plan plan(long seed) {
        SplittableRandom random = new SplittableRandom(seed * 31);
        Set<Fault> faults = EnumSet.noneOf(Fault.class);
        for (Fault fault : Fault.values()) {
            if (random.nextInt(3) > 0) {
                faults.add(fault);
            }
        }
        return new Plan(seed, 100 + random.nextInt(400), 1 + random.nextInt(5), faults);
    }

    /** Fewer kinds of faults and fewer steps, as long as it still fails. */
    private static Plan shortest(Plan plan) {
        Plan shortest = plan;
        for (Fault fault : Fault.values()) {
            EnumSet<Fault> fewer = EnumSet.copyOf(shortest.faults());
            if (fewer.remove(fault)) {
                shortest = failing(new Plan(shortest.seed(), shortest.steps(), shortest.aggregates(), fewer), shortest);
            }
        }
        for (int steps = 1; steps < shortest.steps(); steps++) {
            Plan shorter = new Plan(shortest.seed(), steps, shortest.aggregates(), shortest.faults());
            if (failing(shorter, shortest).equals(shorter)) {
                return shorter;
            }
        }
        return shortest;
    }

    private static Plan failing(Plan candidate, Plan otherwise) {
        return new Simulation(candidate).run().isEmpty() ? otherwise : candidate;
    }
}
