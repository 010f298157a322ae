package dev.tidemark.relay.backlog;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How one subscriber's backlog stands.
 *
 * @param registered {@code active}; {@code loading} while what it begins with is being stored, and nothing is delivered to
 *     it; or {@code retired}; null if no relay has registered it yet
 * @param waiting events that are to be delivered
 * @param dead events for which a person must act
 * @param bytes of these
 * @param oldestWaiting since the oldest waiting one was committed, by the database's clock; null if none waits
 * @param causes how many are there for each cause, such as {@code parked}
 */
public record Standing(
        String subscriber,
        @Nullable String registered,
        long waiting,
        long dead,
        long bytes,
        @Nullable Duration oldestWaiting,
        Map<String, Long> causes) {

    public Standing {
        causes = new TreeMap<>(causes);
    }

    Standing plus(String state, String cause, long events, long moreBytes, Duration oldest) {
        Map<String, Long> sum = new TreeMap<>(causes);
        sum.merge(cause, events, Long::sum);
        boolean waits = state.equals("waiting");
        Duration age = oldestWaiting;
        if (waits && (age == null || oldest.compareTo(age) > 0)) {
            age = oldest;
        }
        return new Standing(
                subscriber,
                registered,
                waiting + (waits ? events : 0),
                dead + (waits ? 0 : events),
                bytes + moreBytes,
                age,
                sum);
    }
}
