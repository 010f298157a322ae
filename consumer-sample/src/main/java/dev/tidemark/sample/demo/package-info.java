/**
 * The demo: the three services, a database for each, and a relay for each as a process of its own. It
 * writes, kills relays, and then checks that nothing was lost, reordered or done twice.
 *
 * <p>Start at {@link DemoCommand}. {@link Stage} is what runs, {@link UserWriter} what is done to it,
 * {@link Ledger} what was seen, and {@link Inspection} what is made of it. The demo looks into all three
 * databases; the services never look into each other's.
 */
@NullMarked
package dev.tidemark.sample.demo;

import org.jspecify.annotations.NullMarked;
