/**
 * The service that owns stock. It reserves what a placed order asks for, and answers through its own
 * outbox with {@code stock-reserved} or {@code stock-rejected}, in the same transaction.
 *
 * <p>Start at {@link InventoryService}; {@link Inventory} decides, {@link InventoryEvents} listens.
 * Everything here is safe for many threads. It calls nobody: orders hears the answer by an event.
 */
@NullMarked
package dev.tidemark.sample.inventory;

import org.jspecify.annotations.NullMarked;
