/**
 * What can be between a relay and a service: a class for each transport. Start at {@link Via}, which names them.
 *
 * <p>A relay and a service that are processes of their own meet here in a {@link Place}: its {@link Transport} says what stands
 * in the configuration of the one, and opens the subscription of the other.
 */
@NullMarked
package dev.tidemark.sample.demo.via;

import org.jspecify.annotations.NullMarked;
