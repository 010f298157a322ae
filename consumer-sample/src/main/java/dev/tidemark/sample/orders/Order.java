package dev.tidemark.sample.orders;

import org.jspecify.annotations.Nullable;

/**
 * An order as it is shown.
 *
 * @param userName from the replica; null while the user has not arrived, and after it was deleted
 * @param status {@code placed}, {@code confirmed} or {@code cancelled}
 */
record Order(String id, String userId, @Nullable String userName, String item, int quantity, String status) {}
