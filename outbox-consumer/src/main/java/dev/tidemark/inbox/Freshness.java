package dev.tidemark.inbox;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How new a read model is, as far as this process knows: by the events it follows that were handled here since it started.
 *
 * <p>It is an estimate. Events of other aggregates may still be on their way, such as those that failed; of one aggregate
 * only a receipt, or its owner, knows for certain. Where nothing happens at the source the age grows though nothing is missing; a
 * source that says something now and then, an event of a type that the model {@linkplain ReadModel.Builder#follows follows}
 * too, keeps the number honest.
 *
 * @param newest the own time of the newest event, by the writer's clock, or when it was handled if that was earlier; without
 *     states; null if there was none yet
 * @param age from that time to now; null if there was none yet
 * @param lag from the own time of the event that was applied last to its commit here: a little more than the time
 *     since the writer's commit; without redeliveries; null if there was none yet
 */
public record Freshness(
        @Nullable Instant newest,
        @Nullable Duration age,
        @Nullable Duration lag) {

    /** Whether it is, or may be: nothing is known before the first event. */
    public boolean isOlderThan(Duration bound) {
        return age == null || age.compareTo(bound) > 0;
    }
}
