package dev.tidemark.sample.orders;

import dev.tidemark.inbox.directory.Found;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An order as it is shown, with the name of its user and where that is from.
 *
 * @param userName null while the user has not arrived, and after it was deleted
 * @param userVersion what a change of the user can be based on; 0 if it is not known
 * @param userNameFrom {@code replica} or {@code owner}
 * @param userNameAgeMillis how old the answer is; null if the replica has heard of nothing yet
 * @param userNameStale whether it is older than was asked for, as the owner could not be asked
 */
record ShownOrder(
        String id,
        String userId,
        @Nullable String userName,
        long userVersion,
        String userNameFrom,
        @Nullable Long userNameAgeMillis,
        boolean userNameStale,
        String item,
        int quantity,
        String status) {

    static ShownOrder of(Order order, Found<String> name) {
        Duration age = name.age();
        return new ShownOrder(
                order.id(),
                order.userId(),
                name.value().orElse(null),
                name.version(),
                name.origin().name().toLowerCase(Locale.ROOT),
                age == null ? null : age.toMillis(),
                name.stale(),
                order.item(),
                order.quantity(),
                order.status());
    }
}
