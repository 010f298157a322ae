package dev.tidemark.sample.orders;

/**
 * An order as it is stored.
 *
 * @param status {@code placed}, {@code confirmed} or {@code cancelled}
 */
record Order(String id, String userId, String item, int quantity, String status) {}
