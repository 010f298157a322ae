/**
 * The service that owns orders. It shows a user's name from its own replica, and takes part in a saga:
 * inventory answers each placed order, and the answer confirms or cancels it.
 *
 * <p>Start at {@link OrdersService}; {@link Orders} writes, {@link OrdersEvents} listens. Everything here
 * is safe for many threads. It never asks another service and never reads another's database: what it
 * knows of users came by events.
 */
@NullMarked
package dev.tidemark.sample.orders;

import org.jspecify.annotations.NullMarked;
