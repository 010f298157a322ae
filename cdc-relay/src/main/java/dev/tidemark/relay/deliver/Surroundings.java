package dev.tidemark.relay.deliver;

import java.time.InstantSource;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadFactory;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator.SplittableGenerator;

/**
 * What subscribers take from outside, so that a test or a simulation can put its own in their place.
 *
 * @param nanoTime monotonic: every wait is measured by it
 * @param clock of the day: only compared with commit times, for the lag
 * @param random split once for each lane, when a subscriber is made
 * @param threads makes the lanes' threads
 * @param lease asked before each batch and before anything is stored: whether this relay still leads
 * @param listener for metrics
 * @param onBug called at most once by each lane, on its own thread, when its sink threw or broke its
 *     promise; it is to stop the relay, and must not wait for the lanes
 */
public record Surroundings(
        LongSupplier nanoTime,
        InstantSource clock,
        SplittableGenerator random,
        ThreadFactory threads,
        BooleanSupplier lease,
        DeliveryListener listener,
        Consumer<Throwable> onBug) {

    /** The machine's own clocks, unpredictable jitter and ordinary threads. */
    public static Surroundings real(BooleanSupplier lease, DeliveryListener listener, Consumer<Throwable> onBug) {
        return new Surroundings(
                System::nanoTime, InstantSource.system(), new SplittableRandom(), Thread::new, lease, listener, onBug);
    }
}
