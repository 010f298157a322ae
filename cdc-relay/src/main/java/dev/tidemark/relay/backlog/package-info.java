/**
 * What subscribers could not take yet: parked, spilled, dead; one durable queue for each subscriber.
 *
 * <p>Start at {@link dev.tidemark.relay.backlog.Backlog}. Only the lane that owns a part of the queue stores into
 * it, drains it and carries out commands on it, so that there is no seam between what is stored and what is
 * delivered directly. Nothing here delivers.
 */
@NullMarked
package dev.tidemark.relay.backlog;

import org.jspecify.annotations.NullMarked;
