/**
 * The service that owns users: it creates, renames and deletes them, and appends an event each time.
 *
 * <p>Start at {@link UsersService}, then read {@link Users}: the business row and the event are written
 * in one transaction. Everything here is safe for many threads. It knows no subscriber, and it sends
 * nothing: that is the relay's work.
 */
@NullMarked
package dev.tidemark.sample.users;

import org.jspecify.annotations.NullMarked;
